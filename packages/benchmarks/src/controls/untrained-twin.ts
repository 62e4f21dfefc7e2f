import type { Score } from '@corescore/contracts';
import { heldOutShare } from '@corescore/metrics';
import type { Benchmark } from '../definitions/benchmark.js';
import { absent } from '../scoring/score-rows.js';
import { type Control, forEach, largest, type OverBins, oneRepetitionOf, overBins } from './control.js';
import { type Floor, type FloorKeys, floorRows, solvedBy } from './floor.js';
import { CONTROLS } from './settings.js';
import type { OneRepetition } from './tasks.js';
import type { Twin } from './twin.js';

const KEYS: FloorKeys = { accuracy: 'accuracy_twin', solved: 'ost_solved_twin' };

/** One order of the weights. */
function floorOf(benchmark: Benchmark, bins: OverBins<OneRepetition>, temporal: boolean): Floor {
  const note = `weights shuffled with seed ${CONTROLS.seeds.twin}, one repetition of the folds; interval by the spread of the folds`;
  return {
    accuracy: bins.map((bin) => bin && { ...heldOutShare(bin.correct, benchmark.folds[0]), note }),
    solved: temporal && bins.some((bin) => bin !== null) ? { value: solvedBy(benchmark, bins) } : null,
  };
}

function absentScores(
  benchmark: Benchmark,
  { reason, note }: Exclude<Twin, { path: string }>,
  temporal: boolean,
): Score[] {
  const n = benchmark.labels.length;
  const solved = temporal || reason === 'failed' ? reason : 'not_temporal';
  return [absent(KEYS.accuracy, 'all', reason, 0, n, note), absent(KEYS.solved, 'all', solved, 0, n)];
}

/** The floor of the architecture (METRICS 4): the same graph with the values of each of its weight arrays shuffled. */
export const untrainedTwin: Control = {
  name: 'untrained-twin',
  async compute({ benchmark, subject, twin, pool, announce }) {
    const { mixtures, temporal } = subject;
    if ('reason' in twin)
      return { scores: absentScores(benchmark, twin, temporal), series: [], notes: [], maxGap: null };
    const { fold, ...readOut } = oneRepetitionOf(benchmark);
    const found = await forEach(mixtures, announce(mixtures.length), (weights) =>
      pool.run('decodeReadOuts', { path: twin.path, weights, fold, readOuts: [readOut] }),
    );
    const bins = overBins(subject, (m) => found[m]?.readOuts[0] ?? null);
    return {
      ...floorRows(benchmark, KEYS, floorOf(benchmark, bins, temporal), temporal),
      notes: [],
      maxGap: largest(found.map((step) => step?.maxGap)),
    };
  },
};
