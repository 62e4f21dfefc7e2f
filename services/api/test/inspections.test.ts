import { fileURLToPath } from 'node:url';
import { parseEnv } from '@corescore/contracts/env';
import { parseManifest } from '@corescore/formats';
import { expect, test } from 'vitest';
import type { InspectTask } from '../src/inspect.js';
import { Inspections } from '../src/inspections.js';
import { MODELS_DIR, onnxUpload } from './support/models.js';
import { openService } from './support/service.js';

const manifest = parseManifest(String(onnxUpload()[0]!.content));
const task = (file = 'ff-64.onnx'): InspectTask => ({
  manifest,
  paths: { 'model.onnx': fileURLToPath(new URL(file, MODELS_DIR)) },
  stimulusSet: null,
  scratch: { dir: '/nowhere', maxBytes: 1 },
});

test('more at once than there are threads: all are looked at, the ones that are refused by their own names', async () => {
  const inspections = new Inspections(600);
  const answers = await Promise.allSettled(
    Array.from({ length: 6 }, (_, i) => inspections.run(task(i % 2 === 0 ? 'ff-64.onnx' : 'ff-64.json'))),
  );
  expect(answers.map((answer) => answer.status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
  ]);
  expect(answers[0]).toMatchObject({ value: { parameters: 42826, semanticDigest: expect.any(String) } });
  expect(answers[1]).toMatchObject({ reason: { code: 'not_onnx', field: 'model', remedy: expect.any(String) } });
  await inspections.close();
});

test('no more wait than may: the next is told to come again, and those who wait are served', async () => {
  const inspections = new Inspections(600);
  const taken = Array.from({ length: 66 }, () => inspections.run(task('ff-64.json')).catch((error: unknown) => error));
  await expect(inspections.run(task())).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 60 });
  for (const error of await Promise.all(taken)) expect(error).toMatchObject({ code: 'not_onnx' });
  await expect(inspections.run(task())).resolves.toMatchObject({ parameters: 42826 });
  await inspections.close();
});

test('a service that shuts down ends what it looks at, and says so', async () => {
  const inspections = new Inspections(600);
  const ended = inspections.run(task()).catch((error: unknown) => error);
  const waiting = [1, 2, 3].map(() => inspections.run(task()).catch((error: unknown) => error));
  await inspections.close();
  for (const error of [await ended, ...(await Promise.all(waiting))])
    expect(error).toMatchObject({ code: 'unavailable' });
});

test('an upload that takes longer to look at than it may is refused by name, and nothing of it is kept', async () => {
  // Shorter than a thread takes to start: the load of the machine makes it longer only.
  const service = await openService({ limits: { ...parseEnv({}, '/').limits, inspectSeconds: 0.001 } });
  const problem = await service.refused(() => service.upload('ada', 'ff-64', onnxUpload()), 422);
  expect(problem).toMatchObject({
    code: 'inspection_limit',
    field: 'file',
    remedy: expect.stringContaining('CORESCORE_INSPECT_SECONDS'),
  });
  await service.close();
});
