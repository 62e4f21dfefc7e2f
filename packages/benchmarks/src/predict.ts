import type { Benchmark } from './benchmark.js';
import type { Mixture } from './mixtures.js';
import type { ScoringPool } from './pool.js';
import type { BinPredictivity } from './predictivity-scores.js';

/** Bins a task, at most: a subject without time has one mixture for all bins, and every thread should have work. */
const BINS_A_TASK = 3;

export interface PredictPart {
  mixture: Mixture;
  bins: number[];
}

/** Which bins are predicted from which mixture, in parts of a few bins; `ofBin` is -1 where there are no features. */
export function predictParts(mixtures: readonly Mixture[], ofBin: readonly number[]): PredictPart[] {
  return mixtures.flatMap((mixture, m) => {
    const bins = [...ofBin.keys()].filter((b) => ofBin[b] === m);
    const parts = Math.ceil(bins.length / BINS_A_TASK);
    return Array.from({ length: parts }, (_, p) => ({
      mixture,
      bins: bins.slice(p * BINS_A_TASK, (p + 1) * BINS_A_TASK),
    }));
  });
}

/** Predictivity of every bin from the subject's features of that bin; null where it has none. */
export async function predictBins(
  benchmark: Benchmark,
  path: string,
  parts: readonly PredictPart[],
  pool: ScoringPool,
  onDone: () => void,
): Promise<(BinPredictivity | null)[]> {
  const { responses, neuroids, splits, components } = benchmark.recordings;
  const perBin = benchmark.bins.map((): BinPredictivity | null => null);
  await Promise.all(
    parts.map(async ({ mixture, bins }) => {
      const found = await pool.run('predictBins', {
        path,
        weights: mixture,
        responses: bins.map((b) => responses[b]),
        neuroids,
        splits,
        components,
      });
      bins.forEach((b, i) => {
        perBin[b] = found[i];
      });
      onDone();
    }),
  );
  return perBin;
}
