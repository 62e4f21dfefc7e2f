import { readFileSync } from 'node:fs';
import type { NetworkManifest } from '@corescore/contracts';
import { infrastructureFailure, ModelFailure, outOfMemory } from '../failure.js';
import type { Plan } from '../plan.js';
import { openSession } from '../session/index.js';
import { firstBatch, MAX_BATCH } from './batching.js';
import { keepHeadroom } from './headroom.js';
import { imagesInTurn, openImageReader } from './image-reader.js';
import { type Block, loadImages, type PixelSource } from './images.js';
import { send, sendBatch, sent } from './send.js';

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
  const log = (line: string): void => send({ type: 'log', line });
  // The thread starts while the model loads; where one batch is all, none is needed.
  const opening = pixels.n > MAX_BATCH ? openImageReader(pixels, plan.input, log) : imagesInTurn(pixels, plan.input);
  try {
    const giveBack = keepHeadroom();
    const session = await openSession({ ...job, folder: '.' });
    const { engine, provider, fixedBatch } = session.describe();
    send({ type: 'loaded', engine, provider, fixedBatch });
    const load = (block: Block) => loadImages(pixels, plan.input, block);
    const { size, recorded } = await firstBatch(session, pixels.n, job.memoryBytes, load, log);
    giveBack();
    const reader = await opening;
    send({ type: 'batch', size, multiplyAdds: session.describe().multiplyAdds });
    for (const [name, { steps, features, shape }] of recorded) {
      send({ type: 'array', name, steps: steps.length, features, shape });
    }
    await sendBatch(recorded, 0, Math.min(size, pixels.n));
    for await (const { block, images } of reader.read(blocks(size, pixels.n, size))) {
      await sendBatch(await session.run(images, size), block.start, block.count);
    }
    await sent();
    send({ type: 'done' });
    await session.dispose();
  } finally {
    await (await opening).close();
  }
}

/** Images `from` .. `n` in blocks of `size`, the last one filled up: every image runs in a batch of one size. */
function* blocks(from: number, n: number, size: number): Generator<Block> {
  for (let start = from; start < n; start += size) yield { start, count: Math.min(size, n - start), rows: size };
}

async function main(argument: string | undefined): Promise<number> {
  if (argument === PROBE) {
    await import('../session/onnx-graph.js');
    return 0;
  }
  send({ type: 'started' });
  try {
    await extractAll(JSON.parse(readFileSync(argument!, 'utf8')) as ChildJob);
    return 0;
  } catch (error) {
    const failure = error instanceof ModelFailure ? error : unexpected(error);
    const { code, field, remedy } = failure;
    await sent().catch(() => undefined);
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
