import type { OnnxManifest, RunView } from '@corescore/contracts';
import { expect, inject, test } from 'vitest';
import { changingShape, endless, manifest, memoryEater, notFinite } from '../../packages/runtime/test/models.js';
import { type Graph, onnxFile } from '../../packages/runtime/test/onnx-writer.js';
import { call, endOf, until } from '../support/serve.js';
import { submitBundled, submitModel } from '../support/submit.js';

/** Models that pass every check at upload and misbehave when they run: each ends failed by name, the service goes on. */
const bare = inject('bare');

const ended = (runId: string) => endOf(bare, runId, 300);

const CASES: [string, Graph, OnnxManifest, string, string][] = [
  ['NaN activations', notFinite, manifest({ name: 'not-finite' }), 'contract_violation', 'activations_not_finite'],
  [
    'outputs that change shape',
    changingShape,
    manifest({ name: 'changing' }),
    'contract_violation',
    'activations_shape_changed',
  ],
  ['a model that never ends', endless, manifest({ name: 'endless' }), 'timeout', 'model_timeout'],
  ['one that eats memory', memoryEater, manifest({ name: 'eater' }), 'out_of_memory', 'model_out_of_memory'],
];

test.each(CASES)(
  '%s: the run fails by name, with a remedy, at the first attempt',
  async (_, graph, about, kind, code) => {
    const run = await ended(await submitModel(bare, about, onnxFile(graph), about.name));
    expect(run).toMatchObject({ status: 'failed', attempt: 1, failure: { kind, code } });
    expect(run.failure!.remedy).toBeTruthy();
    expect(run.scores).toEqual([]);
  },
  330_000,
);

test('a cancelled run stays cancelled while its model would never end', async () => {
  const runId = await submitModel(
    bare,
    manifest({ name: 'endless-too', description: 'another' }),
    onnxFile(endless),
    'cancel',
  );
  await until('extracting', 60, async () => (await call<RunView>(bare, `/v1/runs/${runId}`)).status === 'extracting');
  const cancelled = await call<RunView>(bare, `/v1/runs/${runId}/cancel`, { method: 'POST' });
  expect(cancelled.status).toBe('cancelled');
  expect((await ended(runId)).status).toBe('cancelled');
}, 330_000);

test('after all of them the worker is free and a good model is scored', async () => {
  expect((await ended(await submitBundled(bare, 'ff-64', 'after-broken'))).status).toBe('scored');
}, 330_000);
