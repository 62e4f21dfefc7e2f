import { chmod, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ModelFailure } from '../src/index.js';
import { planOf } from '../src/plan.js';
import { runChild } from '../src/run-child.js';
import { sandbox } from '../src/sandbox.js';
import { makeTemporary } from '../src/temporary.js';
import { Bench, MIB, namesIn, PLENTY_SECONDS } from './extraction.js';
import { manifest } from './models.js';

/** A process that no longer runs our code may write anything to the pipe: nothing of it is believed. */
let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());

async function lie(...attempt: string[]): Promise<{ failure: ModelFailure; log: string[] }> {
  const workDir = await makeTemporary('model');
  await chmod(workDir, 0o755); // Whoever it runs as.
  await writeFile(join(workDir, 'job.json'), JSON.stringify({ attempt }));
  const pixels = await open(await bench.flatPixels(5));
  const outDir = bench.newOutDir();
  await mkdir(outDir);
  const log: string[] = [];
  const limits = { wallSeconds: PLENTY_SECONDS, memoryBytes: 512 * MIB, maxActivationBytes: MIB, threads: 1 };
  const entry = fileURLToPath(new URL('./escapes/probe.mjs', import.meta.url));
  const about = { plan: planOf(manifest(), 'float32'), stimuli: 5, firstStep: 0, labels: null, checkClock: true };
  const error = await runChild(
    { sandbox: await sandbox(), limits, workDir, pixelsFd: pixels.fd, entry, onLog: (line) => log.push(line) },
    { ...about, outDir, maxActivationBytes: MIB },
    () => undefined,
  ).catch((reason: unknown) => reason);
  await pixels.close();
  await rm(workDir, { recursive: true });
  expect(error).toBeInstanceOf(ModelFailure);
  expect(await namesIn(outDir)).toEqual([]);
  return { failure: error as ModelFailure, log };
}

it.each([
  ['bytes that are no frame', 'garbage', 'header of'],
  ['a payload of 4 GiB', 'hugePayload', 'payload of 4294967295 bytes'],
  ['an end without results', 'doneAtOnce', 'IT is not complete'],
  ['a frame of its own invention', 'strangeFrame', 'unknown frame constructor'],
  ['rows of images that do not exist', 'rowsBeyondTheEnd', 'rows out of order'],
  ['a payload that would take the memory of rows on their way to the disk', 'payloadOfNothing', 'where none belongs'],
  ['rows of steps that were not declared', 'stepsBeyondTheEnd', 'rows out of order'],
])('%s: the model crashed', async (_, attempt, reason) => {
  const { failure } = await lie('started', attempt);
  expect(failure).toMatchObject({
    kind: 'model_error',
    code: 'model_crashed',
    message: expect.stringContaining(reason),
  });
  expect(failure.remedy).toBeTruthy();
});

it('log lines without end: some are kept', async () => {
  const { failure, log } = await lie('started', 'logFlood');
  expect(failure).toMatchObject({ code: 'model_crashed', message: expect.stringContaining('exit code 0') });
  expect(log).toHaveLength(200);
});
