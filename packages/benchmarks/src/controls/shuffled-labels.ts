import { type Spread, shuffledLabels as shuffle, spread } from '@corescore/metrics';
import type { Benchmark } from '../definitions/benchmark.js';
import { type Control, forEach, largest, type OverBins, oneRepetitionOf, overBins } from './control.js';
import { type Floor, type FloorCell, floorRows, solvedBy } from './floor.js';
import { CONTROLS } from './settings.js';
import type { OneRepetition } from './tasks.js';

/** The mean over shuffles, the interval of another, held within what is possible, and how far the shuffles lie apart. */
function cellOf(values: readonly number[], most: number, digits: number): FloorCell {
  const found: Spread = spread(values);
  const text = (x: number): string => x.toFixed(digits);
  return {
    value: found.mean,
    low: Math.max(0, found.low),
    high: Math.min(most, found.high),
    note: `mean of ${values.length} shuffles of the labels, standard deviation ${text(found.deviation)}, from ${text(found.least)} to ${text(found.most)}`,
  };
}

/** Labels in several orders: each order is one draw of what the pipeline scores on nothing. */
function floorOf(benchmark: Benchmark, bins: OverBins<OneRepetition[]>, temporal: boolean): Floor {
  const n = benchmark.labels.length;
  const right = ({ correct }: OneRepetition): number => correct.reduce((sum, hit) => sum + hit, 0);
  const known = new Map<OneRepetition[], FloorCell>();
  const accuracy = bins.map((shuffles) => {
    if (shuffles === null) return null;
    const shares = shuffles.map((one) => right(one) / n);
    const cell = known.get(shuffles) ?? cellOf(shares, 1, 3);
    known.set(shuffles, cell);
    return cell;
  });
  const solved = (): FloorCell =>
    cellOf(
      CONTROLS.seeds.labels.map((_, k) =>
        solvedBy(
          benchmark,
          bins.map((shuffles) => shuffles?.[k] ?? null),
        ),
      ),
      n,
      1,
    );
  const note = '; one repetition of the folds';
  return {
    accuracy: accuracy.map((cell) => cell && { ...cell, note: cell.note + note }),
    solved: temporal && accuracy.some((cell) => cell !== null) ? solved() : null,
  };
}

/** Chance (METRICS 4): what the same pipeline scores on shuffled labels. */
export const shuffledLabels: Control = {
  name: 'shuffled-labels',
  async compute({ benchmark, subject, pool, announce }) {
    const { path, mixtures, temporal } = subject;
    const { labels, classes, fold, c } = oneRepetitionOf(benchmark);
    const readOuts = CONTROLS.seeds.labels.map((seed) => ({ labels: shuffle(labels, seed), classes, c }));
    const found = await forEach(mixtures, announce(mixtures.length), (weights) =>
      pool.run('decodeReadOuts', { path, weights, fold, readOuts }),
    );
    const ofMixture = found.map((decoded) => decoded?.readOuts ?? null);
    const floor = floorOf(
      benchmark,
      overBins(subject, (m) => ofMixture[m]),
      temporal,
    );
    return {
      ...floorRows(benchmark, { accuracy: 'accuracy_shuffled', solved: 'ost_solved_shuffled' }, floor, temporal),
      notes: [],
      maxGap: largest(found.map((decoded) => decoded?.maxGap)),
    };
  },
};
