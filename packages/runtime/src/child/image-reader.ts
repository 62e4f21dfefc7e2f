import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ManifestInput } from '@corescore/contracts';
import { outOfMemory } from '../failure.js';
import type { Answer } from './image-thread.js';
import { type Block, loadImages, type PixelSource } from './images.js';

/** Images of a set, block after block. */
export interface ImageReader {
  /** Blocks in their order, each a new array. Errors are those of `loadImages`. */
  read(blocks: Iterable<Block>): AsyncIterable<{ block: Block; images: Float32Array }>;
  close(): Promise<void>;
}

/** Blocks that are asked for beside the one in use: one lies ready, one is being made. */
const AHEAD = 2;

/** From version 22 on Node maps 512 MiB for a thread's code, which the limit on data counts, unless told how much. */
const CODE_MIB = 16;

const THREAD = new URL('./image-thread.js', import.meta.url);

/**
 * Reads and preprocesses in a thread of its own, ahead of the engine, which blocks the thread that runs it. Where no
 * thread can be had (limits on processes or memory, Node without `--allow-worker`) the same work is done in turn with
 * the engine's, to the same activations.
 * @param thread the thread's program
 */
export async function openImageReader(
  source: PixelSource,
  input: ManifestInput,
  log: (line: string) => void,
  thread = THREAD,
): Promise<ImageReader> {
  try {
    const worker = new Worker(thread, { workerData: { source, input }, resourceLimits: { codeRangeSizeMb: CODE_MIB } });
    await once(worker, 'message'); // Rejects with what hindered it.
    return new AheadReader(worker);
  } catch (error) {
    log(`images are prepared in turn with the runs: no thread can be started (${(error as Error).message})`);
    return imagesInTurn(source, input);
  }
}

/** Reads and preprocesses when a block is wanted. */
export function imagesInTurn(source: PixelSource, input: ManifestInput): ImageReader {
  return new InTurnReader(source, input);
}

class InTurnReader implements ImageReader {
  constructor(
    private readonly source: PixelSource,
    private readonly input: ManifestInput,
  ) {}

  async *read(blocks: Iterable<Block>): AsyncGenerator<{ block: Block; images: Float32Array }> {
    for (const block of blocks) yield { block, images: loadImages(this.source, this.input, block) };
  }

  async close(): Promise<void> {}
}

class AheadReader implements ImageReader {
  private readonly answers: Exclude<Answer, null>[] = [];
  private wake: () => void = () => undefined;

  constructor(private readonly worker: Worker) {
    const add = (answer: Exclude<Answer, null>): void => {
      this.answers.push(answer);
      this.wake();
    };
    worker.on('message', add);
    // Not of our doing: the thread catches its own. V8 ends it when its heap is full.
    worker.on('error', (error: NodeJS.ErrnoException) => {
      add({ error: error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory(error.message, error) : error });
    });
    worker.on('exit', (code) => add({ error: new Error(`the thread that prepares images ended with ${code}`) }));
  }

  async *read(blocks: Iterable<Block>): AsyncGenerator<{ block: Block; images: Float32Array }> {
    const asked: Block[] = [];
    const rest = blocks[Symbol.iterator]();
    const ask = (): void => {
      const { done, value } = rest.next();
      if (done) return;
      asked.push(value);
      this.worker.postMessage(value);
    };
    for (let i = 0; i < AHEAD; i++) ask();
    while (asked.length > 0) {
      const answer = await this.next();
      if ('error' in answer) throw answer.error;
      ask();
      yield { block: asked.shift()!, images: answer.images };
    }
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private async next(): Promise<Exclude<Answer, null>> {
    while (this.answers.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.answers.shift()!;
  }
}
