import { ModelFailure } from '../failure.js';
import { formatBytes } from '../limits.js';
import type { ModelSession, Recorded } from '../session/index.js';

/** Larger batches gained nothing on a processor (bl-64: 0.43 ms an image alone, 0.31 in 16, 0.34 in 64). */
const MAX_BATCH = 16;

/** Share of the memory limit that the images and recordings of one batch may take. */
const MEMORY_SHARE = 1 / 16;

/** Largest relative difference between an image's activations alone and within a batch. */
const BATCH_TOLERANCE = 1e-3;

export interface FirstBatch {
  size: number;
  /** Recordings of the images 0 .. min(size, n). */
  recorded: Map<string, Recorded>;
}

/**
 * Chooses the batch size and runs the first batch. The rule knows no clock, so that two runs on one machine choose the
 * same and their activations are equal bit for bit:
 * - a model with a fixed batch gets it, the last one filled up with copies of its last image;
 * - else min(16, n), less where images and recordings of the batch would take over 1/16 of the memory limit;
 * - halved while the first batch runs out of memory;
 * - 1 where the model refuses the batch, or gives an image other activations in company than alone (relative
 *   tolerance 1e-3): each image must be seen by itself.
 * @param load images 0 .. count, padded to `rows`.
 */
export async function firstBatch(
  session: ModelSession,
  n: number,
  memoryBytes: number,
  load: (count: number, rows: number) => Float32Array,
  log: (line: string) => void,
): Promise<FirstBatch> {
  const fixed = session.describe().fixedBatch;
  if (fixed !== null) return { size: fixed, recorded: await session.run(load(Math.min(fixed, n), fixed), fixed) };
  const image = load(1, 1);
  const alone = await session.run(image, 1);
  const bytes = image.byteLength + recordedBytes(alone);
  let size = Math.max(1, Math.min(MAX_BATCH, n, Math.floor((memoryBytes * MEMORY_SHARE) / bytes)));
  while (size > 1) {
    try {
      const recorded = await session.run(load(size, size), size);
      const difference = largestDifference(alone, recorded);
      if (!(difference > BATCH_TOLERANCE)) return { size, recorded };
      log(
        `one image at a time: in a batch of ${size} the first image's activations differ by ${difference.toExponential(1)}`,
      );
      size = 1;
    } catch (error) {
      if (!(error instanceof ModelFailure)) throw error;
      const memory = error.code === 'model_out_of_memory';
      log(
        memory
          ? `a batch of ${size} (${formatBytes(size * bytes)} of images and recordings) does not fit into memory`
          : `one image at a time: a batch of ${size} fails: ${error.message.slice(0, 300)}`,
      );
      size = memory ? size >> 1 : 1;
    }
  }
  return { size: 1, recorded: alone };
}

function recordedBytes(recorded: Map<string, Recorded>): number {
  let bytes = 0;
  for (const { steps, features } of recorded.values()) bytes += steps.length * features * 4;
  return bytes;
}

/** Largest |difference| of the first image, relative to the largest |activation| of its recording; NaN is left out. */
function largestDifference(alone: Map<string, Recorded>, batch: Map<string, Recorded>): number {
  let worst = 0;
  for (const [name, { steps, features }] of alone) {
    const other = batch.get(name)!;
    let difference = 0;
    let scale = 0;
    steps.forEach((row, step) => {
      const same = other.steps[step]!;
      for (let i = 0; i < features; i++) {
        scale = Math.max(scale, Math.abs(row[i]!) || 0);
        difference = Math.max(difference, Math.abs(row[i]! - same[i]!) || 0);
      }
    });
    if (scale > 0) worst = Math.max(worst, difference / scale);
  }
  return worst;
}
