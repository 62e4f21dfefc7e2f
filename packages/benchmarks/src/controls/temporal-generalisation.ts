import type { Series } from '@corescore/contracts';
import { heldOutShare } from '@corescore/metrics';
import type { Benchmark } from '../definitions/benchmark.js';
import { REGION, timeAxis } from '../scoring/score-rows.js';
import { type Control, forEach, type OverBins, oneRepetitionOf, overBins } from './control.js';

/** Train bin x test bin. Bins of the same mixture of steps share their cells. */
function seriesOf(benchmark: Benchmark, generalisation: OverBins<OverBins<Uint8Array>>): Series {
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

/**
 * Temporal generalisation (METRICS 4; King & Dehaene 2014): accuracy of decoders fitted in one bin and read out in another,
 * series `temporal_generalisation`.
 */
export const temporalGeneralisation: Control = {
  name: 'temporal-generalisation',
  async compute({ benchmark, subject, pool, announce }) {
    const { path, mixtures, temporal } = subject;
    if (!temporal) {
      const note = 'Temporal generalisation needs activations that change over time.';
      return { scores: [], series: [], notes: [note], maxGap: null };
    }
    const shared = { path, mixtures, ...oneRepetitionOf(benchmark) };
    const found = await forEach(mixtures, announce(mixtures.length), (train) =>
      pool.run('generalise', { ...shared, train }),
    );
    const square = overBins(subject, (train) => overBins(subject, (test) => found[train]?.[test] ?? null));
    return {
      scores: [],
      series: [seriesOf(benchmark, square)],
      notes: [`Temporal generalisation: first of ${benchmark.folds.length} repetitions of the folds.`],
      maxGap: null,
    };
  },
};
