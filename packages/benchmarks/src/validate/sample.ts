import { join } from 'node:path';
import { readPixels, writePixels } from '@corescore/stimuli';
import type { Benchmark } from '../definitions/benchmark.js';
import type { Shown } from '../run/prepare.js';

/** Images at the end of a sample that are the first ones again: the same image must give the same activations. */
export const REPEATED = 4;

/**
 * A few of a benchmark's images, evenly spaced over the stimulus set, and some of them again: to fill whole batches, two at
 * least, so that the second one can be timed without the start; the first `REPEATED` last.
 * @param images how many different ones, at most all; at least 1
 * @param batch images that the model will run at a time, at most
 * @param dir where the pixel file is written
 */
export async function sampleOf(
  benchmark: Benchmark,
  images: number,
  batch: number,
  dir: string,
): Promise<Shown & { images: number; shown: number; repeated: number }> {
  const all = await readPixels(await benchmark.pixels());
  const n = Math.min(images, all.n);
  const repeated = Math.min(REPEATED, n);
  const spaced = Array.from({ length: n }, (_, i) => Math.floor((i * all.n) / n));
  const shown = batch * Math.max(2, Math.ceil((n + repeated) / batch));
  const filled = Array.from({ length: shown - repeated }, (_, i) => spaced[i % n]!);
  const chosen = [...filled, ...spaced.slice(0, repeated)];
  const bytes = all.height * all.width * 3;
  const data = new Uint8Array(chosen.length * bytes);
  for (const [to, from] of chosen.entries()) data.set(all.data.subarray(from * bytes, (from + 1) * bytes), to * bytes);
  const pixelsPath = join(dir, 'sample.npy');
  await writePixels(pixelsPath, { ...all, n: chosen.length, data });
  const { stimulusSet, definition } = benchmark;
  const stimuli = chosen.map((index) => stimulusSet.stimuli[index]!);
  const pixels = async () => pixelsPath;
  return { definition, stimulusSet: { ...stimulusSet, stimuli }, pixels, images: n, shown, repeated };
}
