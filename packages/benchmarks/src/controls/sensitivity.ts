import type { Series } from '@corescore/contracts';
import { heldOutShare } from '@corescore/metrics';
import type { Benchmark } from '../definitions/benchmark.js';
import {
  type OstStatistic,
  ostStatistic,
  sampleOf,
  solutionTimesOf,
  solvedCount,
} from '../kinds/solution-times/ost-statistics.js';
import type { ScoringPool } from '../processes/pool.js';
import { imagesOf, REGION } from '../scoring/score-rows.js';
import type { Subject } from '../scoring/subject.js';
import {
  type Control,
  forEach,
  largest,
  type OverBins,
  oneRepetitionOf,
  overBins,
  unlessUndefined,
} from './control.js';
import { CONTROLS } from './settings.js';
import type { DecodedVariants, FeatureVariant } from './tasks.js';

const STATISTICS = ['ost_rho_partial', 'ost_rho', 'ost_delay_mean'] as const satisfies readonly OstStatistic[];

const cKey = (c: number): string => `C ${c.toExponential().replace('+', '')}`;
const featuresKey = (count: number | 'all'): string => `features ${count}`;
const NOISE = 'trial noise';
const CUMULATIVE = 'evidence cumulative';

/** Weights of the hinge loss in the order in which they are shown; the benchmark's own among them. */
const weightsOf = ({ decoder }: Benchmark): number[] =>
  [...new Set<number>([...CONTROLS.cs, decoder.c])].sort((a, b) => a - b);

/** Features in place of the subject's own. @param mixture its number: noise of its own in each, as in each bin of a recording */
function featureVariants(benchmark: Benchmark, mixture: number): FeatureVariant[] {
  const { features, noise } = CONTROLS.seeds;
  return [
    ...CONTROLS.features.map((count) => ({
      key: featuresKey(count),
      kind: 'features' as const,
      count,
      seed: features,
    })),
    { key: NOISE, kind: 'noise', ratio: benchmark.trialNoise(), seed: noise * 1000 + mixture },
  ];
}

/** A variant of the pipeline, with the i1 of each bin. */
interface Variant {
  key: string;
  i1: OverBins<Float64Array>;
}

/** Rows in the order in which they are shown. The decoder of the headline stands among the weights and the features. */
async function observe(
  benchmark: Benchmark,
  subject: Subject,
  pool: ScoringPool,
  onDone: () => void,
): Promise<{ variants: Variant[]; maxGap: number | null }> {
  const { path, mixtures, ofBin } = subject;
  const { fold, c: own, ...base } = oneRepetitionOf(benchmark);
  const cs = weightsOf(benchmark);
  const cumulative = unlessUndefined(pool.run('decodeSoFar', { path, mixtures, fold, c: own, ...base })).then(
    (found) => {
      onDone();
      return found ?? [];
    },
  );
  // The own weight first: where another one leaves its decoder undefined, it is decoded alone.
  const readOuts = [own, ...cs.filter((c) => c !== own)].map((c) => ({ ...base, c }));
  const decoded = await forEach(mixtures, onDone, (weights, m) =>
    pool.run('decodeVariants', { path, weights, fold, readOuts, variants: featureVariants(benchmark, m) }),
  );
  const soFar = await cumulative;
  const row = (key: string, of: (found: DecodedVariants) => { i1: Float64Array } | null | undefined): Variant => ({
    key,
    i1: overBins(subject, (m) => {
      const found = decoded[m];
      return found === null ? null : (of(found)?.i1 ?? null);
    }),
  });
  return {
    variants: [
      ...cs.map((c) => row(cKey(c), ({ readOuts: found }) => found[readOuts.findIndex((one) => one.c === c)])),
      ...CONTROLS.features.map((count) => row(featuresKey(count), ({ variants }) => variants[featuresKey(count)])),
      row(featuresKey('all'), ({ readOuts: found }) => found[0]),
      row(NOISE, ({ variants }) => variants[NOISE]),
      // A bin has seen every mixture up to its own, also where an earlier one comes again.
      {
        key: CUMULATIVE,
        i1: ofBin.map((m, b) => (m < 0 ? null : (soFar[Math.max(...ofBin.slice(0, b + 1))]?.i1 ?? null))),
      },
    ],
    maxGap: largest([...decoded.map((found) => found?.maxGap), ...soFar.map((found) => found.maxGap)]),
  };
}

interface Cell {
  value: number | null;
  low: number | null;
  high: number | null;
}
const NOTHING: Cell = { value: null, low: null, high: null };

/** The cells of one variant: three statistics with bootstrap intervals, and how many images it solves (`heldOutShare`). */
async function cellsOf(benchmark: Benchmark, i1: readonly (Float64Array | null)[], pool: ScoringPool): Promise<Cell[]> {
  if (i1.every((curve) => curve === null)) return [...STATISTICS, 'ost_solved'].map(() => NOTHING);
  const ostMs = solutionTimesOf(benchmark, i1);
  const sample = sampleOf(benchmark, ostMs);
  const cells = STATISTICS.map(async (statistic): Promise<Cell> => {
    const value = ostStatistic(statistic, sample)(imagesOf(benchmark, 'all'));
    if (value === null) return NOTHING;
    const task = { statistic, sample, draws: CONTROLS.draws, seed: benchmark.bootstrap.seed };
    const interval = await pool.run('ostInterval', task);
    return { value, low: interval?.low ?? null, high: interval?.high ?? null };
  });
  const isSolved = Uint8Array.from(ostMs, (t) => (Number.isNaN(t) ? 0 : 1));
  const n = ostMs.length;
  const { low, high } = heldOutShare(isSolved, benchmark.folds[0]);
  return [...(await Promise.all(cells)), { value: solvedCount(ostMs), low: low * n, high: high * n }];
}

/** Series `ost_strip`, variant x metric. */
async function seriesOf(benchmark: Benchmark, variants: readonly Variant[], pool: ScoringPool): Promise<Series> {
  const known = new Map<Float64Array | null, Promise<Cell[]>>();
  const rows = await Promise.all(
    variants.map(({ i1 }) => {
      // The decoder of the headline stands in two groups, with the same curves.
      const first = i1.find((curve) => curve !== null) ?? null;
      const cells = known.get(first) ?? cellsOf(benchmark, i1, pool);
      known.set(first, cells);
      return cells;
    }),
  );
  const cells = rows.flat();
  return {
    name: 'ost_strip',
    subset: 'all',
    region: REGION,
    axes: [
      { name: 'variant', unit: '', values: variants.map(({ key }) => key) },
      { name: 'metric', unit: '', values: [...STATISTICS, 'ost_solved'] },
    ],
    values: cells.map(({ value }) => value),
    low: cells.map(({ low }) => low),
    high: cells.map(({ high }) => high),
    n: benchmark.labels.length,
    unit: '',
  };
}

function notesOf(benchmark: Benchmark, variants: readonly Variant[]): string[] {
  const missing = variants.filter(({ i1 }) => i1.every((curve) => curve === null)).map(({ key }) => key);
  const ratio = benchmark.trialNoise().toFixed(2);
  const how = `Sensitivity: first of ${benchmark.folds.length} repetitions of the folds, ${CONTROLS.draws} bootstrap draws; trial noise of ${ratio} times each feature’s variance, as in the target.`;
  if (missing.length === 0) return [how];
  return [how, `Not in the sensitivity: ${missing.join(', ')} (too few features, or not defined).`];
}

/**
 * How the OST scores move with C, the number of features, trial noise and cumulative evidence (METRICS 4). A delay in ms
 * depends on such choices of the pipeline, and this says how much.
 */
export const sensitivity: Control = {
  name: 'sensitivity',
  async compute({ benchmark, subject, pool, announce }) {
    if (!subject.temporal) {
      const note = 'Sensitivity needs activations that change over time: there are no solution times to be moved.';
      return { scores: [], series: [], notes: [note], maxGap: null };
    }
    const { variants, maxGap } = await observe(benchmark, subject, pool, announce(subject.mixtures.length + 1));
    return {
      scores: [],
      series: [await seriesOf(benchmark, variants, pool)],
      notes: notesOf(benchmark, variants),
      maxGap,
    };
  },
};
