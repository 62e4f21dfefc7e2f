import { chooseSteps } from '@corescore/metrics';
import type { Benchmark } from '../../definitions/benchmark.js';
import type { ScoringPool } from '../../processes/pool.js';
import type { Added, BinPredictivity, MappingTask } from '../../processes/predict-tasks.js';
import type { BinSimilarity } from '../../processes/similarity-tasks.js';
import type { Mixture } from '../../scoring/mixtures.js';
import { windowBins } from './recordings.js';

/** Bins a task, at most: a subject without time has one mixture for all bins, and every thread should have work. */
const BINS_A_TASK = 3;
/** Steps of the matrix, at most, since each is regressed on every bin: of a longer recording as many, evenly spaced. */
const MATRIX_STEPS = 10;

/** Bins that are predicted from one mixture in one task. */
export interface PredictPart {
  mixture: Mixture;
  bins: number[];
  /** Whether the subject's own clock reads these bins from this mixture. */
  own: boolean;
  /** Row of the matrix; null for a mixture that is no single step. */
  row: number | null;
}

export interface PredictPlan {
  parts: PredictPart[];
  /** Recorded steps in the rows of the matrix; empty where there is none. */
  steps: number[];
  scoredSteps: number;
  /** Why there is no matrix; null where there is one. */
  noSteps: 'not_temporal' | 'not_run' | null;
  /** For each bin its mixture, null where the clock covers nothing. */
  mixtureOf: (Mixture | null)[];
  /** Tasks of the whole prediction, for progress. */
  tasks: number;
}

/** What PLS and its like say of a subject, before any score. */
export interface Predicted {
  /** Each bin from the subject's own mixture; null where the clock covers nothing. */
  own: (BinPredictivity | null)[];
  /** As `own`: similarity without a fit. */
  similarity: (BinSimilarity | null)[];
  /** Or why there is none: a subject without time, or steps that were not asked for. */
  overSteps: StepPredictivity | 'not_temporal' | 'not_run';
}

export interface StepPredictivity {
  /** Recorded steps, counted from 0; one a row. */
  steps: number[];
  /** Scored steps there are; more than rows in a long recording. */
  scoredSteps: number;
  /** Weight of each step in each bin, by the subject's own clock: [step][bin]. */
  mapping: number[][];
  /** [step][bin] */
  matrix: BinPredictivity[][];
  /** Of each bin the row that each split chose; -1 where none stood. */
  chosen: number[][];
  /** Draws of the predictivity from the chosen steps, in the early and late bins only; null elsewhere, or undefined. */
  chosenDraws: (Float64Array | null)[];
  /** What a bin's own mixture adds to the first step; null but in the late bins, or where it is the first step. */
  added: (Added | null)[];
}

const isStep = (mixture: Mixture, step: number): boolean => mixture.every((w, s) => w === (s === step ? 1 : 0));

function oneStep(step: number, recorded: number): Mixture {
  const only = new Float64Array(recorded);
  only[step] = 1;
  return only;
}

/** Steps from `firstStep` on; of more than the matrix holds as many, evenly spaced, the first and the last among them. */
export function matrixSteps(firstStep: number, recorded: number): number[] {
  const scored = recorded - firstStep;
  if (scored <= MATRIX_STEPS) return Array.from({ length: scored }, (_, k) => firstStep + k);
  return Array.from(
    { length: MATRIX_STEPS },
    (_, k) => firstStep + Math.round((k * (scored - 1)) / (MATRIX_STEPS - 1)),
  );
}

/**
 * Every cell once: the bins of the subject's own clock from their mixtures, and every scored step for every bin. A
 * mixture that is a step serves both. Parts of a mixture follow each other, so that a thread makes its Gram once.
 *
 * @param ofBin -1 where the clock covers nothing of a bin
 */
export function predictPlan(
  mixtures: readonly Mixture[],
  ofBin: readonly number[],
  matrix: { firstStep: number; benchmark: Pick<Benchmark, 'bins'> } | 'not_temporal' | 'not_run',
): PredictPlan {
  const recorded = mixtures[0].length;
  const wanted = typeof matrix === 'string' ? null : matrix;
  const steps = wanted === null ? [] : matrixSteps(wanted.firstStep, recorded);
  const bins = [...ofBin.keys()];
  const inParts = (part: PredictPart): PredictPart[] =>
    Array.from({ length: Math.ceil(part.bins.length / BINS_A_TASK) }, (_, p) => ({
      ...part,
      bins: part.bins.slice(p * BINS_A_TASK, (p + 1) * BINS_A_TASK),
    }));
  const row = (mixture: Mixture): number | null => {
    const found = steps.findIndex((step) => isStep(mixture, step));
    return found < 0 ? null : found;
  };
  const parts = mixtures.flatMap((mixture, m) => {
    const own = inParts({ mixture, bins: bins.filter((b) => ofBin[b] === m), own: true, row: row(mixture) });
    if (row(mixture) === null) return own;
    return [...own, ...inParts({ mixture, bins: bins.filter((b) => ofBin[b] !== m), own: false, row: row(mixture) })];
  });
  steps.forEach((step, k) => {
    if (mixtures.some((mixture) => isStep(mixture, step))) return;
    parts.push(...inParts({ mixture: oneStep(step, recorded), bins, own: false, row: k }));
  });
  const { early, late } = wanted === null ? { early: [], late: [] } : windowBins(wanted.benchmark.bins);
  return {
    parts,
    steps,
    scoredSteps: wanted === null ? 0 : recorded - wanted.firstStep,
    noSteps: typeof matrix === 'string' ? matrix : null,
    mixtureOf: ofBin.map((m) => (m < 0 ? null : mixtures[m])),
    tasks: parts.length + parts.filter((part) => part.own).length + early.length + 2 * late.length,
  };
}

/** Predicts the recordings as planned. @param onDone after each task */
export async function predictRecordings(
  benchmark: Benchmark,
  path: string,
  plan: PredictPlan,
  pool: ScoringPool,
  onDone: () => void,
): Promise<Predicted> {
  const { responses, neuroids, splits, mapping, bootstrap } = benchmark.recordings;
  const shared: MappingTask = { path, neuroids, splits, mapping, bootstrap };
  const own = benchmark.bins.map((): BinPredictivity | null => null);
  const similarity = benchmark.bins.map((): BinSimilarity | null => null);
  const matrix = plan.steps.map((): BinPredictivity[] => []);
  const comparing = plan.parts
    .filter((part) => part.own)
    .map(async ({ mixture, bins }) => {
      const task = { path, weights: mixture, responses: bins.map((b) => responses[b]), neuroids };
      const found = await pool.run('similarBins', task);
      bins.forEach((b, i) => {
        similarity[b] = found[i];
      });
      onDone();
    });
  await Promise.all([
    ...comparing,
    ...plan.parts.map(async (part) => {
      const found = await pool.run('predictBins', {
        ...shared,
        weights: part.mixture,
        responses: part.bins.map((b) => responses[b]),
        own: part.own,
        choice: part.row !== null,
        isChallenge: benchmark.isChallenge,
      });
      part.bins.forEach((b, i) => {
        if (part.own) own[b] = found[i];
        if (part.row !== null) matrix[part.row][b] = found[i];
      });
      onDone();
    }),
  ]);
  if (plan.noSteps !== null) return { own, similarity, overSteps: plan.noSteps };
  return { own, similarity, overSteps: await overSteps(benchmark, shared, plan, matrix, pool, onDone) };
}

/** The choice of steps, which needs the whole matrix, and what builds on it. */
async function overSteps(
  benchmark: Benchmark,
  shared: MappingTask,
  plan: PredictPlan,
  matrix: BinPredictivity[][],
  pool: ScoringPool,
  onDone: () => void,
): Promise<StepPredictivity> {
  const { steps, mixtureOf } = plan;
  const { responses } = benchmark.recordings;
  const { early, late } = windowBins(benchmark.bins);
  const recorded = mixtureOf.find((m) => m !== null)!.length;
  const first = oneStep(steps[0], recorded);
  const chosen = benchmark.bins.map((_, b) => chooseSteps(matrix.map((row) => row[b].elsewhere!)));

  const drawsOf = async (b: number): Promise<Float64Array | null> => {
    const rows = chosen[b];
    if (rows.includes(-1)) return null;
    const same = matrix[rows[0]][b].own;
    // All splits chose the step that the clock itself takes: its draws are there.
    if (same !== null && rows.every((row) => row === rows[0])) return same.draws.all;
    const choices = [...new Set(rows)].map((row) => ({
      weights: oneStep(steps[row], recorded),
      splits: [...rows.keys()].filter((s) => rows[s] === row),
    }));
    return pool.run('chosenDraws', { ...shared, response: responses[b], choices });
  };
  const addedTo = async (b: number): Promise<Added | null> => {
    const weights = mixtureOf[b];
    if (weights === null || isStep(weights, steps[0])) return null;
    return pool.run('addedToFirst', { ...shared, response: responses[b], first, weights });
  };
  const counted = <T>(work: Promise<T>): Promise<T> =>
    work.then((found) => {
      onDone();
      return found;
    });
  const [draws, added] = await Promise.all([
    Promise.all([...early, ...late].map(async (b) => [b, await counted(drawsOf(b))] as const)),
    Promise.all(late.map(async (b) => [b, await counted(addedTo(b))] as const)),
  ]);
  const ofBins = <T>(found: readonly (readonly [number, T | null])[]): (T | null)[] =>
    benchmark.bins.map((_, b) => found.find(([at]) => at === b)?.[1] ?? null);
  return {
    steps,
    scoredSteps: plan.scoredSteps,
    mapping: steps.map((step) => mixtureOf.map((mixture) => mixture?.[step] ?? 0)),
    matrix,
    chosen,
    chosenDraws: ofBins(draws),
    added: ofBins(added),
  };
}
