import { readFileSync } from 'node:fs';
import type { NetworkManifest } from '@corescore/contracts';
import { infrastructureFailure, ModelFailure, outOfMemory } from '../failure.js';
import type { Plan } from '../plan.js';
import { openSession, type Recorded } from '../session/index.js';
import { firstBatch } from './batching.js';
import { loadImages, type PixelSource } from './images.js';
import { send, sendRows } from './send.js';

/** The job, as JSON in the file that the first argument names. */
export interface ChildJob {
  kind: NetworkManifest['kind'];
  plan: Plan;
  pixels: PixelSource;
  threads: number;
  provider: string;
  memoryBytes: number;
}

/** Set when the parent only asks whether the engine loads inside its sandbox. */
const PROBE = '--probe';

async function extractAll(job: ChildJob): Promise<void> {
  const { pixels, plan } = job;
  const session = await openSession({ ...job, folder: '.' });
  const { engine, provider, fixedBatch } = session.describe();
  send({ type: 'loaded', engine, provider, fixedBatch });
  const load = (start: number, count: number, rows: number) => loadImages(pixels, plan.input, start, count, rows);
  const first = await firstBatch(
    session,
    pixels.n,
    job.memoryBytes,
    (count, rows) => load(0, count, rows),
    (line) => send({ type: 'log', line }),
  );
  send({ type: 'batch', size: first.size });
  for (const [name, { steps, features, shape }] of first.recorded) {
    send({ type: 'array', name, steps: steps.length, features, shape });
  }
  const sendBatch = (recorded: Map<string, Recorded>, start: number, count: number): void => {
    for (const [name, { steps, features }] of recorded) sendRows(name, steps, features, start, count);
    send({ type: 'progress', done: start + count });
  };
  sendBatch(first.recorded, 0, Math.min(first.size, pixels.n));
  for (let start = first.size; start < pixels.n; start += first.size) {
    const count = Math.min(first.size, pixels.n - start);
    const rows = fixedBatch ?? count;
    sendBatch(await session.run(load(start, count, rows), rows), start, count);
  }
  send({ type: 'done' });
  await session.dispose();
}

async function main(argument: string | undefined): Promise<number> {
  if (argument === PROBE) return 0;
  send({ type: 'started' });
  try {
    await extractAll(JSON.parse(readFileSync(argument!, 'utf8')) as ChildJob);
    return 0;
  } catch (error) {
    const failure = error instanceof ModelFailure ? error : unexpected(error);
    const { code, field, remedy } = failure;
    send({
      type: 'failure',
      code,
      detail: failure.message.slice(0, 4000),
      ...(field === undefined ? {} : { field }),
      ...(remedy === undefined ? {} : { remedy }),
    });
    return 1;
  }
}

/** Allocations of our own can fail too; anything else is a fault of this program and no statement about the model. */
function unexpected(error: unknown): ModelFailure {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError && /allocation|array length/i.test(text)) return outOfMemory(text, error);
  return infrastructureFailure(text, error);
}

process.exitCode = await main(process.argv[2]);
