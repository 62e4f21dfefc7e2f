import { formatBytes } from '@corescore/contracts';
import { ModelFailure } from '../failure.js';
import type { ModelSession, Recorded } from '../session/index.js';
import { isEqual, largestDifference, rowsOf } from './compare.js';
import type { Block } from './images.js';

/** Larger batches gained nothing on a processor: bl-64 and ResNet-18 take 5 to 20 % longer an image in 32 or 64. */
export const MAX_BATCH = 16;

/** Share of the memory limit that the images and recordings of one batch may take; up to three of each are held. */
const MEMORY_SHARE = 1 / 16;

/** Largest relative difference between an image's activations alone and within a batch. */
const BATCH_TOLERANCE = 1e-3;

/** From this many images on a faster size pays for being looked for: it costs six more batches, under 10 %. */
const WORTH_TRYING = 1024;

/**
 * Share of its time an image must gain in the engine. Each batch costs some tenths of a millisecond besides, for its
 * hand-over: bl-64, faster by 5 % in batches of 8, came out slower by 10 %.
 */
const WORTH_CHANGING = 0.15;

export interface FirstBatch {
  size: number;
  /** Recordings of the images 0 .. min(size, n). */
  recorded: Map<string, Recorded>;
}

type Load = (block: Block) => Float32Array;

/**
 * Chooses the batch size and runs the first batch. Every image then runs in a batch of this size.
 * - A model with a fixed batch gets it.
 * - Else min(16, n), less where images and recordings of the batch would take over 1/16 of the memory limit;
 * - halved while the first batch runs out of memory;
 * - 1 where the model refuses the batch, or gives its first, middle or last image other activations in company than
 *   alone (relative tolerance 1e-3): each image must be seen by itself.
 * - For 1,024 images or more a half and a quarter of that are timed too, and the fastest is taken among the sizes that
 *   give every image of the first batch the same activations to the last bit.
 *
 * Determinism: the same file, machine and provider give the same activations bit for bit. The rule up to here knows no
 * clock, and the clock only chooses among sizes that change no bit.
 */
export async function firstBatch(
  session: ModelSession,
  n: number,
  memoryBytes: number,
  load: Load,
  log: (line: string) => void,
  nowMs = () => performance.now(),
): Promise<FirstBatch> {
  const fixed = session.describe().fixedBatch;
  if (fixed !== null) {
    const images = load({ start: 0, count: Math.min(fixed, n), rows: fixed });
    return { size: fixed, recorded: await session.run(images, fixed) };
  }
  const first = await byRule(session, n, memoryBytes, load, log);
  return n < WORTH_TRYING || first.size === 1 ? first : fastest(session, first, load, nowMs);
}

async function byRule(
  session: ModelSession,
  n: number,
  memoryBytes: number,
  load: Load,
  log: (line: string) => void,
): Promise<FirstBatch> {
  const image = load({ start: 0, count: 1, rows: 1 });
  const alone = await session.run(image, 1);
  const bytes = image.byteLength + recordedBytes(alone);
  let size = Math.max(1, Math.min(MAX_BATCH, n, Math.floor((memoryBytes * MEMORY_SHARE) / bytes)));
  while (size > 1) {
    try {
      const recorded = await session.run(load({ start: 0, count: size, rows: size }), size);
      let difference = largestDifference(alone, rowsOf(recorded, 0, 1));
      for (const i of new Set([size >> 1, size - 1])) {
        const single = await session.run(load({ start: i, count: 1, rows: 1 }), 1);
        difference = Math.max(difference, largestDifference(single, rowsOf(recorded, i, 1)));
      }
      if (!(difference > BATCH_TOLERANCE)) return { size, recorded };
      log(`one image at a time: in a batch of ${size} an image's activations differ by ${difference.toExponential(1)}`);
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

/** The fastest of a batch, its half and its quarter on the same images, of those that give the same bits. */
async function fastest(session: ModelSession, rule: FirstBatch, load: Load, nowMs: () => number): Promise<FirstBatch> {
  const images = load({ start: 0, count: rule.size, rows: rule.size });
  const times = new Map<number, number>();
  const recordings = new Map([[rule.size, rule.recorded]]);
  const sizes = [rule.size, rule.size / 2, rule.size / 4].filter((size) => Number.isInteger(size) && size > 1);
  // In turn, and the better of both: the first run at a size lays out its memory.
  for (const size of [...sizes, ...sizes]) {
    let total = 0;
    const perImage = images.length / rule.size;
    for (let start = 0; start < rule.size; start += size) {
      const [time, found] = await timed(
        nowMs,
        session,
        images.slice(start * perImage, (start + size) * perImage),
        size,
      );
      total += isEqual(rowsOf(rule.recorded, start, size), found) ? time : Number.POSITIVE_INFINITY;
      if (start === 0) recordings.set(size, found);
    }
    times.set(size, Math.min(total, times.get(size) ?? Number.POSITIVE_INFINITY));
  }
  let best = rule.size;
  const bound = (size: number) => times.get(size)! * (size === rule.size ? 1 - WORTH_CHANGING : 1);
  for (const size of sizes) if (bound(size) < bound(best)) best = size;
  return { size: best, recorded: recordings.get(best)! };
}

/** Milliseconds, and the recordings. */
async function timed(
  nowMs: () => number,
  session: ModelSession,
  images: Float32Array,
  size: number,
): Promise<[time: number, recorded: Map<string, Recorded>]> {
  const start = nowMs();
  const recorded = await session.run(images, size);
  return [nowMs() - start, recorded];
}

function recordedBytes(recorded: Map<string, Recorded>): number {
  let bytes = 0;
  for (const { steps, features } of recorded.values()) bytes += steps.length * features * 4;
  return bytes;
}
