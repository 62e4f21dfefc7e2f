import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundledModels, loadBenchmark, prepareActivations } from '@corescore/benchmarks';
import type { ActivationsManifest, Leaderboard, OnnxManifest, Score, SubmissionView } from '@corescore/contracts';
import { npyHeaderBytes, readNpyHeader, readNpyRows } from '@corescore/formats';
import { expect, inject, test } from 'vitest';
import { zip } from '../../packages/formats/test/support/zip-writer.js';
import { bin, call, cleanEnv, newHome, removeHome, until } from '../support/serve.js';

const live = inject('live');
const bare = inject('bare');

const scoresOf = (scores: readonly Score[]) =>
  Object.fromEntries(scores.map((s) => [`${s.metric}|${s.subset}`, [s.value, s.low, s.high, s.n]]));

/** IT of ff-64, which is cheap to score, as a submitter might send it: ids in another order, [stimulus][feature], compressed. */
async function writeSubmission(dir: string): Promise<void> {
  const { manifestPath, modelPath } = bundledModels().find((model) => model.name === 'ff-64')!;
  const network = JSON.parse(readFileSync(manifestPath, 'utf8')) as OnnxManifest;
  const benchmark = await loadBenchmark('core-objects-ost', live.home);
  const limits = { wallSeconds: 300, memoryBytes: 4e9, maxActivationBytes: 8e9, threads: 1 };
  const files = { 'model.onnx': modelPath };
  const { regions } = await prepareActivations(benchmark, { manifest: network, files, outDir: dir, limits });
  const header = await readNpyHeader(regions.IT!.path);
  const [steps, stimuli, features] = header.shape;
  expect(steps).toBe(1);
  const recorded = await readNpyRows(regions.IT!.path, header, 0, 1);
  const turned = new Float32Array(recorded.length);
  for (let i = 0; i < stimuli; i++) {
    turned.set(recorded.subarray(i * features, (i + 1) * features), (stimuli - 1 - i) * features);
  }
  const { identifier, stimuli: images } = benchmark.stimulusSet;
  const manifest: ActivationsManifest = {
    manifestVersion: 1,
    name: 'ff-64-supplied',
    kind: 'activations',
    stimuli: { set: identifier, ids: 'ids.txt' },
    regions: { IT: { file: 'all.npz#it', axes: ['stimulus', 'feature'] } },
  };
  const array = Buffer.concat([npyHeaderBytes('<f4', [stimuli, features]), new Uint8Array(turned.buffer)]);
  writeFileSync(join(dir, 'corescore.json'), JSON.stringify(manifest));
  writeFileSync(join(dir, 'all.npz'), zip([{ name: 'it.npy', bytes: array, deflate: true }]));
  writeFileSync(
    join(dir, 'ids.txt'),
    `${images
      .map((image) => image.id)
      .reverse()
      .join('\n')}\n`,
  );
}

test('activations sent as .npz give the scores of the ONNX route, digit for digit', async () => {
  const dir = newHome();
  try {
    await writeSubmission(dir);
    const args = ['submit', dir, '--benchmark', 'core-objects-ost', '--wait', '--format', 'json'];
    const env = cleanEnv({ CORESCORE_URL: bare.url, CORESCORE_TOKEN: bare.token });
    const answer = await promisify(execFile)(process.execPath, [bin, ...args], { env, maxBuffer: 64 * 1024 ** 2 });
    const [run] = (JSON.parse(answer.stdout) as SubmissionView).runs;
    expect(run).toMatchObject({ status: 'scored', model: { name: 'ff-64-supplied' } });
    const supplied = scoresOf(run.scores.filter((score) => score.reason !== 'not_run'));
    expect(Object.keys(supplied).length).toBeGreaterThan(20);

    const row = await until('ff-64 on the board', 1_000, async () => {
      const { rows } = await call<Leaderboard>(live, '/v1/leaderboard?benchmark=core-objects-ost');
      return rows.find(({ name, status }) => name === 'ff-64' && status === 'scored');
    });
    expect(supplied).toEqual(scoresOf(row.scores.filter((s) => `${s.metric}|${s.subset}` in supplied)));
  } finally {
    removeHome(dir);
  }
}, 1_200_000);
