import type { Series } from '@corescore/contracts';
import { heldOutShare } from '@corescore/metrics';
import type { Benchmark } from '../definitions/benchmark.js';
import { REGION, timeAxis } from '../scoring/score-rows.js';
import type { Beside } from './observe.js';

/**
 * Temporal generalisation (METRICS 4; King & Dehaene 2014): accuracy of decoders fitted in one bin and read out in another,
 * series `temporal_generalisation`, train bin x test bin. Bins of the same mixture of steps share their cells.
 */
export function generalisationSeries(
  benchmark: Benchmark,
  generalisation: NonNullable<Beside['generalisation']>,
): Series {
  const n = benchmark.labels.length;
  const bins = timeAxis(benchmark, true);
  const cells = generalisation.flatMap((row) =>
    bins.values.map((_, test) => {
      const correct = row?.[test] ?? null;
      return correct === null ? null : heldOutShare(correct, benchmark.folds[0]);
    }),
  );
  return {
    name: 'temporal_generalisation',
    subset: 'all',
    region: REGION,
    axes: [
      { ...bins, name: 'train_bin' },
      { ...bins, name: 'test_bin' },
    ],
    values: cells.map((cell) => cell?.value ?? null),
    low: cells.map((cell) => cell?.low ?? null),
    high: cells.map((cell) => cell?.high ?? null),
    n,
    unit: 'fraction',
  };
}
