import { shuffledLabels } from '@corescore/metrics';
import type { Benchmark } from '../definitions/benchmark.js';
import type { FeatureVariant } from './tasks.js';

/**
 * What stands beside the scores (METRICS 4): the strip, the floors, native steps, temporal generalisation. All but the
 * native steps use the first repetition of the folds alone. Fixed for all benchmarks, no part of a definition.
 */
export const BESIDE = {
  cs: [1e-4, 1e-3, 1e-2, 1e-1],
  features: [100, 424],
  seeds: { features: 1, noise: 2, labels: [3, 5, 6, 7, 8], twin: 4 },
  /** Bootstrap draws of an interval in the strip. */
  draws: 1000,
} as const;

const cKey = (c: number): string => `C ${c.toExponential().replace('+', '')}`;
const featuresKey = (count: number | 'all'): string => `features ${count}`;
export const NOISE = 'trial noise';
export const CUMULATIVE = 'evidence cumulative';

/** Rows of the strip, in the order in which they are shown. */
export function stripVariants(benchmark: Benchmark): { key: string; isBase: boolean }[] {
  const { c } = benchmark.decoder;
  const cs = [...new Set<number>([...BESIDE.cs, c])].sort((a, b) => a - b);
  return [
    ...cs.map((value) => ({ key: cKey(value), isBase: value === c })),
    ...BESIDE.features.map((count) => ({ key: featuresKey(count), isBase: false })),
    { key: featuresKey('all'), isBase: true },
    { key: NOISE, isBase: false },
    { key: CUMULATIVE, isBase: false },
  ];
}

/** What is decoded beside one mixture; a subject without time has no solution times to be moved, only a floor. */
export function besideOf(benchmark: Benchmark, mixture: number, temporal: boolean) {
  const { features, noise, labels } = BESIDE.seeds;
  const cs = BESIDE.cs.filter((c) => c !== benchmark.decoder.c).map((c) => ({ key: cKey(c), c }));
  const variants: FeatureVariant[] = [
    ...BESIDE.features.map((count) => ({ key: featuresKey(count), kind: 'features' as const, count, seed: features })),
    // Noise of its own in each mixture, as in each time bin of a recording.
    { key: NOISE, kind: 'noise', ratio: benchmark.trialNoise(), seed: noise * 1000 + mixture },
  ];
  return {
    shuffled: labels.map((seed) => shuffledLabels(benchmark.labels, seed)),
    cs: temporal ? cs : [],
    variants: temporal ? variants : [],
  };
}
