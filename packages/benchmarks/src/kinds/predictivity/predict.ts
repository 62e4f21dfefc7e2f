import type { Benchmark } from '../../definitions/benchmark.js';
import type { ScoringPool } from '../../processes/pool.js';
import type { BinPredictivity, MappingTask } from '../../processes/predict-tasks.js';
import type { Mixture } from '../../scoring/mixtures.js';

/** Bins a task, at most: a subject without time has one mixture for all bins, and every thread should have work. */
const BINS_A_TASK = 3;

/** Bins that are predicted from one mixture in one task. */
export interface PredictPart {
  mixture: Mixture;
  bins: number[];
}

/** The bins of one mixture, a few a task. */
export const partsOf = (mixture: Mixture, bins: readonly number[]): PredictPart[] =>
  Array.from({ length: Math.ceil(bins.length / BINS_A_TASK) }, (_, p) => ({
    mixture,
    bins: bins.slice(p * BINS_A_TASK, (p + 1) * BINS_A_TASK),
  }));

/**
 * The bins that the subject's own clock reads, each from its mixture. Parts of a mixture follow each other, so that a
 * thread makes its Gram once.
 *
 * @param ofBin -1 where the clock covers nothing of a bin
 */
export const ownParts = (mixtures: readonly Mixture[], ofBin: readonly number[]): PredictPart[] =>
  mixtures.flatMap((mixture, m) =>
    partsOf(
      mixture,
      [...ofBin.keys()].filter((b) => ofBin[b] === m),
    ),
  );

/** What all regressions of a subject share. */
export function mappingOf({ recordings }: Benchmark, path: string): MappingTask {
  const { neuroids, splits, mapping, bootstrap } = recordings;
  return { path, neuroids, splits, mapping, bootstrap };
}

/** Predicts each bin from the subject's own mixture; null where the clock covers nothing. @param onDone after each task */
export async function predictOwn(
  benchmark: Benchmark,
  path: string,
  parts: readonly PredictPart[],
  pool: ScoringPool,
  onDone: () => void,
): Promise<(BinPredictivity | null)[]> {
  const shared = mappingOf(benchmark, path);
  const { responses } = benchmark.recordings;
  const own = benchmark.bins.map((): BinPredictivity | null => null);
  await Promise.all(
    parts.map(async ({ mixture, bins }) => {
      const found = await pool.run('predictBins', {
        ...shared,
        weights: mixture,
        responses: bins.map((b) => responses[b]),
        own: true,
        isChallenge: benchmark.isChallenge,
      });
      bins.forEach((b, i) => {
        own[b] = found[i];
      });
      onDone();
    }),
  );
  return own;
}
