import type { OnnxManifest, RunView } from '@corescore/contracts';
import { expect, test } from 'vitest';
import { changingShape, endless, manifest, memoryEater, notFinite } from '../../packages/runtime/test/models.js';
import { type Graph, onnxFile } from '../../packages/runtime/test/onnx-writer.js';
import { endOf, ownService } from '../support/own-service.js';
import { call, until } from '../support/serve.js';
import { submitBundled, submitModel } from '../support/submit.js';

/** Models that pass every check at upload and misbehave when they run: each ends failed by name, the service goes on. */
const own = ownService({
  CORESCORE_MODEL_TIMEOUT_SECONDS: '5',
  CORESCORE_MODEL_MEMORY_BYTES: String(600 * 1024 ** 2),
});

const ended = (runId: string) => endOf(own.served, runId, 90);

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
    const run = await ended(await submitModel(own.served, about, onnxFile(graph), about.name));
    expect(run).toMatchObject({ status: 'failed', attempt: 1, failure: { kind, code } });
    expect(run.failure!.remedy).toBeTruthy();
    expect(run.scores).toEqual([]);
  },
  120_000,
);

test('a cancelled run stays cancelled while its model would never end', async () => {
  const runId = await submitModel(
    own.served,
    manifest({ name: 'endless-too', description: 'another' }),
    onnxFile(endless),
    'cancel',
  );
  await until(
    'extracting',
    60,
    async () => (await call<RunView>(own.served, `/v1/runs/${runId}`)).status === 'extracting',
  );
  const cancelled = await call<RunView>(own.served, `/v1/runs/${runId}/cancel`, { method: 'POST' });
  expect(cancelled.status).toBe('cancelled');
  expect((await ended(runId)).status).toBe('cancelled');
}, 120_000);

test('after all of them the worker is free and a good model is scored', async () => {
  expect((await ended(await submitBundled(own.served, 'ff-64', 'good'))).status).toBe('scored');
}, 120_000);
