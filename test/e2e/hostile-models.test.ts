import { loadBenchmark } from '@corescore/benchmarks';
import type { ActivationsManifest, Manifest, Problem, RunView } from '@corescore/contracts';
import { npyHeaderBytes } from '@corescore/formats';
import { expect, inject, test } from 'vitest';
import { zip } from '../../packages/formats/test/support/zip-writer.js';
import { HOSTILE } from '../../packages/runtime/test/hostile/corpus.js';
import { changingShape, endless, manifest, memoryEater, notFinite } from '../../packages/runtime/test/models.js';
import { onnxFile } from '../../packages/runtime/test/onnx-writer.js';
import { call, endOf, until } from '../support/serve.js';
import { submitBundled, submitModel, versionForm } from '../support/submit.js';

/**
 * The corpus of hostile models under the service, and models that only misbehave: refused at upload or failed by name, and
 * the service goes on.
 */
const bare = inject('bare');

async function refusal(about: Manifest, files: Record<string, Uint8Array>): Promise<Problem> {
  const response = await fetch(`${bare.url}/v1/models/local/${about.name}/versions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bare.token}` },
    body: versionForm(about, files),
  });
  return (await response.json()) as Problem;
}

const ready = async () => (await fetch(`${bare.url}/readyz`)).status;

test('what is wrong in itself is refused at upload, by name and with a remedy', async () => {
  const cases = HOSTILE.flatMap((hostile) => ('refused' in hostile ? [hostile] : []));
  expect(cases.length).toBeGreaterThan(50);
  for (const { name, manifest: about, files, refused } of cases) {
    const problem = await refusal(about, files);
    expect(problem, name).toMatchObject({ status: 422, code: refused });
    expect(problem.field, name).toBeTruthy();
    expect(problem.remedy, name).toBeTruthy();
  }
  expect(await ready()).toBe(200);
}, 600_000);

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
  const problems = await Promise.all(cases.map((hostile) => refusal(hostile.manifest, hostile.files)));
  sending = false;
  expect(problems.map(({ code }) => code)).toEqual(cases.map(({ refused }) => refused));
  const answers = await asking;
  expect(answers.length).toBeGreaterThan(1);
  expect(new Set(answers)).toEqual(new Set([200]));
}, 600_000);

test('archives whose members lead out of them are refused', async () => {
  const { stimulusSet } = await loadBenchmark('core-objects-ost', bare.home);
  const ids = Buffer.from(`${stimulusSet.stimuli.map(({ id }) => id).join('\n')}\n`);
  const array = Buffer.concat([
    npyHeaderBytes('<f4', [stimulusSet.stimuli.length, 2]),
    Buffer.alloc(stimulusSet.stimuli.length * 8, 1),
  ]);
  const about: ActivationsManifest = {
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
    const problem = await refusal(about, { 'ids.txt': ids, 'all.npz': archive });
    expect(problem, member).toMatchObject({ status: 422, code: 'path_refused' });
  }
}, 600_000);

/** One of each way to fail; the unit tests run them all. */
const RUN = [
  'NaN weights',
  'strides of zero',
  'types within types',
  'a constant of 2 GiB',
  'a graph that bites its tail',
  'TensorFlow.js: NaN in a shard',
];

const failing = (name: string, graph: typeof endless, kind: string, code: string) => ({
  ...{ name, manifest: manifest({ name }), files: { [`${name}.onnx`]: onnxFile(graph) } },
  fails: { kind, code },
});
/** They pass every check at upload. */
const MISBEHAVING = [
  failing('not-finite', notFinite, 'contract_violation', 'activations_not_finite'),
  failing('changing', changingShape, 'contract_violation', 'activations_shape_changed'),
  failing('endless', endless, 'timeout', 'model_timeout'),
  failing('eater', memoryEater, 'out_of_memory', 'model_out_of_memory'),
];

test('what only its run can show fails there by name, with a remedy, at the first attempt', async () => {
  const hostile = HOSTILE.flatMap((one) => ('fails' in one && RUN.includes(one.name) ? [one] : []));
  expect(hostile.map(({ name }) => name).sort()).toEqual([...RUN].sort());
  const runs = await Promise.all(
    [...hostile, ...MISBEHAVING].map(async (one) => ({
      ...one,
      id: await submitModel(bare, one.manifest, one.files, one.manifest.name),
    })),
  );
  for (const { id, name, fails } of runs) {
    const run = await endOf(bare, id, 300);
    expect(run, name).toMatchObject({ status: 'failed', attempt: 1, failure: fails, scores: [] });
    expect(run.failure!.remedy, name).toBeTruthy();
  }
}, 600_000);

test('a cancelled run stays cancelled while its model would never end', async () => {
  const about = manifest({ name: 'endless-too', description: 'another' });
  const runId = await submitModel(bare, about, onnxFile(endless), 'cancel');
  await until('extracting', 300, async () => (await call<RunView>(bare, `/v1/runs/${runId}`)).status === 'extracting');
  const cancelled = await call<RunView>(bare, `/v1/runs/${runId}/cancel`, { method: 'POST' });
  expect(cancelled.status).toBe('cancelled');
  expect((await endOf(bare, runId, 300)).status).toBe('cancelled');
}, 600_000);

test('after all of them the worker is free and a good model is scored', async () => {
  const id = await submitBundled(bare, 'ff-64', 'after-hostile');
  const run = await endOf(bare, id, 300);
  expect(run.status).toBe('scored');
  expect(await ready()).toBe(200);
}, 600_000);
