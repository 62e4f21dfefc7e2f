import { loadBenchmark } from '@corescore/benchmarks';
import type { ActivationsManifest, Manifest, Problem } from '@corescore/contracts';
import { npyHeaderBytes } from '@corescore/formats';
import { expect, inject, test } from 'vitest';
import { zip } from '../../packages/formats/test/support/zip-writer.js';
import { HOSTILE } from '../../packages/runtime/test/hostile/corpus.js';
import { endOf } from '../support/serve.js';
import { submitBundled, submitModel, versionForm } from '../support/submit.js';

/** The corpus of hostile models under the service: refused at upload or failed by name, and the service goes on. */
const bare = inject('bare');

async function refusal(manifest: Manifest, files: Record<string, Uint8Array>): Promise<Problem> {
  const response = await fetch(`${bare.url}/v1/models/local/${manifest.name}/versions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bare.token}` },
    body: versionForm(manifest, files),
  });
  return (await response.json()) as Problem;
}

const ready = async () => (await fetch(`${bare.url}/readyz`)).status;

test('what is wrong in itself is refused at upload, by name and with a remedy', async () => {
  const cases = HOSTILE.flatMap((hostile) => ('refused' in hostile ? [hostile] : []));
  expect(cases.length).toBeGreaterThan(50);
  for (const { name, manifest, files, refused } of cases) {
    const problem = await refusal(manifest, files);
    expect(problem, name).toMatchObject({ status: 422, code: refused });
    expect(problem.field, name).toBeTruthy();
    expect(problem.remedy, name).toBeTruthy();
  }
  expect(await ready()).toBe(200);
}, 120_000);

test('all of it at once leaves the service answering', async () => {
  const cases = HOSTILE.flatMap((hostile) => ('refused' in hostile ? [hostile] : []));
  let sending = true;
  const asking = (async () => {
    const answers: number[] = [];
    while (sending) {
      answers.push(await ready());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return answers;
  })();
  const problems = await Promise.all(cases.map(({ manifest, files }) => refusal(manifest, files)));
  sending = false;
  expect(problems.map(({ code }) => code)).toEqual(cases.map(({ refused }) => refused));
  const answers = await asking;
  expect(answers.length).toBeGreaterThan(1);
  expect(new Set(answers)).toEqual(new Set([200]));
}, 120_000);

test('archives whose members lead out of them are refused', async () => {
  const { stimulusSet } = await loadBenchmark('core-objects-ost', bare.home);
  const ids = Buffer.from(`${stimulusSet.stimuli.map(({ id }) => id).join('\n')}\n`);
  const array = Buffer.concat([
    npyHeaderBytes('<f4', [stimulusSet.stimuli.length, 2]),
    Buffer.alloc(stimulusSet.stimuli.length * 8, 1),
  ]);
  const manifest: ActivationsManifest = {
    manifestVersion: 1,
    name: 'slip',
    kind: 'activations',
    stimuli: { set: stimulusSet.identifier, ids: 'ids.txt' },
    regions: { IT: { file: 'all.npz#it', axes: ['stimulus', 'feature'] } },
  };
  for (const member of ['../it.npy', '/tmp/it.npy', 'a/../../it.npy', '..\\it.npy']) {
    const archive = zip([
      ['it.npy', array],
      [member, array],
    ]);
    const problem = await refusal(manifest, { 'ids.txt': ids, 'all.npz': archive });
    expect(problem, member).toMatchObject({ status: 422, code: 'path_refused' });
  }
}, 120_000);

/** One of each way to fail; the unit tests run them all. */
const RUN = [
  'NaN weights',
  'strides of zero',
  'types within types',
  'a constant of 2 GiB',
  'a graph that bites its tail',
  'TensorFlow.js: NaN in a shard',
];

test('what only its run can show fails there, at the first attempt', async () => {
  const cases = HOSTILE.flatMap((hostile) => ('fails' in hostile && RUN.includes(hostile.name) ? [hostile] : []));
  expect(cases.map(({ name }) => name).sort()).toEqual([...RUN].sort());
  const runs = await Promise.all(
    cases.map(async (hostile) => ({
      ...hostile,
      id: await submitModel(bare, hostile.manifest, hostile.files, hostile.manifest.name),
    })),
  );
  for (const { id, name, fails } of runs) {
    const run = await endOf(bare, id, 300);
    expect(run, name).toMatchObject({ status: 'failed', attempt: 1, failure: fails });
    expect(run.failure!.remedy, name).toBeTruthy();
  }
}, 600_000);

test('after all of them a good model is scored', async () => {
  const id = await submitBundled(bare, 'ff-64', 'after-hostile');
  const run = await endOf(bare, id, 300);
  expect(run.status).toBe('scored');
  expect(await ready()).toBe(200);
}, 330_000);
