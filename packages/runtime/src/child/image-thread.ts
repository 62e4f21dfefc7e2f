/** Preprocesses the blocks it is asked for, in their order, and gives the arrays away. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ManifestInput } from '@corescore/contracts';
import { type Block, loadImages, type PixelSource } from './images.js';

/** `null` says that the thread has started. */
export type Answer = null | { images: Float32Array } | { error: unknown };

const { source, input } = workerData as { source: PixelSource; input: ManifestInput };
const answer = (message: Answer, moved: ArrayBuffer[] = []): void => parentPort!.postMessage(message, moved);

parentPort!.on('message', (block: Block) => {
  try {
    const images = loadImages(source, input, block);
    answer({ images }, [images.buffer as ArrayBuffer]);
  } catch (error) {
    answer({ error });
  }
});
answer(null);
