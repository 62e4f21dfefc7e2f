import { readNpyHeader, readNpyRows } from '@corescore/formats';
import { createKernels, type Kernels } from '@corescore/linalg';
import { type PooledGram, pooledGram } from '@corescore/metrics';

let kernels: Promise<Kernels> | undefined;

/** The threads are ours, one mixture each: one-thread sessions side by side beat one session over all cores. */
export function threadKernels(): Promise<Kernels> {
  kernels ??= createKernels({ threads: 1 });
  return kernels;
}

export interface Features {
  /** n*f row-major. */
  x: Float32Array;
  n: number;
  f: number;
}

/**
 * A mixture of recorded steps. Reads the steps that have a weight one at a time, so that a thread never holds more than
 * two. `path`: .npy [step][stimulus][feature].
 */
export async function mixedFeatures(path: string, weights: Float64Array): Promise<Features> {
  const header = await readNpyHeader(path);
  const [, n, f] = header.shape;
  const used = [...weights.keys()].filter((s) => weights[s] !== 0);
  if (used.length === 1) return { x: await readNpyRows(path, header, used[0], 1), n, f };
  const sum = new Float64Array(n * f);
  for (const step of used) {
    const rows = await readNpyRows(path, header, step, 1);
    const w = weights[step];
    for (let i = 0; i < sum.length; i++) sum[i] += w * rows[i];
  }
  return { x: Float32Array.from(sum), n, f };
}

/** Grams that a thread keeps: the one in hand, and the first step's, which stands beside it. */
const KEPT = 2;
const grams = new Map<string, Promise<PooledGram>>();

/** The Gram of a mixture: made once for the tasks of a mixture that follow each other on a thread. */
export function mixtureGram(path: string, weights: Float64Array): Promise<PooledGram> {
  const key = `${path}|${weights.join()}`;
  const found = grams.get(key) ?? makeGram(path, weights);
  // Last used, last dropped.
  grams.delete(key);
  grams.set(key, found);
  for (const oldest of [...grams.keys()].slice(0, -KEPT)) grams.delete(oldest);
  return found;
}

async function makeGram(path: string, weights: Float64Array): Promise<PooledGram> {
  const { x, n, f } = await mixedFeatures(path, weights);
  return pooledGram(x, n, f, await threadKernels());
}
