import { chooseSteps } from '@corescore/metrics';
import type { Benchmark } from '../../definitions/benchmark.js';
import type { ScoringPool } from '../../processes/pool.js';
import type { Added, BinPredictivity } from '../../processes/predict-tasks.js';
import { type Mixture, oneStep } from '../../scoring/mixtures.js';
import type { Subject } from '../../scoring/subject.js';
import { mappingOf, type PredictPart, partsOf } from './predict.js';
import { windowBins } from './recordings.js';

/** Steps of the matrix, at most, since each is regressed on every bin: of a longer recording as many, evenly spaced. */
const MATRIX_STEPS = 10;

export interface StepPlan {
  /** Recorded steps in the rows of the matrix. */
  steps: number[];
  scoredSteps: number;
  /** Every cell of the matrix once; `row` is that of its step. */
  parts: (PredictPart & { row: number })[];
  /** For each bin the mixture that the subject's own clock reads, null where it covers nothing. */
  mixtureOf: (Mixture | null)[];
  /** Tasks of the whole, for progress. */
  tasks: number;
}

/** What the subject's own steps say of each bin. */
export interface StepPredictivity {
  /** Recorded steps, counted from 0; one a row. */
  steps: number[];
  /** Scored steps there are; more than rows in a long recording. */
  scoredSteps: number;
  /** Whether the subject's own clock covers a bin. */
  covered: boolean[];
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

/** Steps from `firstStep` on; of more than the matrix holds as many, evenly spaced, the first and the last among them. */
export function matrixSteps(firstStep: number, recorded: number): number[] {
  const scored = recorded - firstStep;
  if (scored <= MATRIX_STEPS) return Array.from({ length: scored }, (_, k) => firstStep + k);
  return Array.from(
    { length: MATRIX_STEPS },
    (_, k) => firstStep + Math.round((k * (scored - 1)) / (MATRIX_STEPS - 1)),
  );
}

/** Every step of the matrix for every bin, those of a step behind each other, so that a thread makes its Gram once. */
export function stepPlan(
  { bins }: Pick<Benchmark, 'bins'>,
  { mixtures, ofBin, steps: recorded, firstStep }: Pick<Subject, 'mixtures' | 'ofBin' | 'steps' | 'firstStep'>,
): StepPlan {
  const steps = matrixSteps(firstStep, recorded);
  const parts = steps.flatMap((step, row) =>
    partsOf(oneStep(step, recorded), [...bins.keys()]).map((part) => ({ ...part, row })),
  );
  const { early, late } = windowBins(bins);
  return {
    steps,
    scoredSteps: recorded - firstStep,
    parts,
    mixtureOf: ofBin.map((m) => (m < 0 ? null : mixtures[m])),
    tasks: parts.length + early.length + 2 * late.length,
  };
}

/** Predicts the recordings as planned. @param onDone after each task */
export async function predictSteps(
  benchmark: Benchmark,
  path: string,
  plan: StepPlan,
  pool: ScoringPool,
  onDone: () => void,
): Promise<StepPredictivity> {
  const { steps, mixtureOf, parts } = plan;
  const { isChallenge } = benchmark;
  const { responses } = benchmark.recordings;
  const shared = mappingOf(benchmark, path);
  const counted = <T>(work: Promise<T>): Promise<T> =>
    work.then((found) => {
      onDone();
      return found;
    });
  const matrix = steps.map((): BinPredictivity[] => []);
  await Promise.all(
    parts.map(async ({ mixture, bins, row }) => {
      const task = { ...shared, weights: mixture, responses: bins.map((b) => responses[b]), own: false, isChallenge };
      const found = await counted(pool.run('predictBins', task));
      bins.forEach((b, i) => {
        matrix[row][b] = found[i];
      });
    }),
  );
  const { early, late } = windowBins(benchmark.bins);
  const recorded = parts[0].mixture.length;
  const first = oneStep(steps[0], recorded);
  // The choice needs the whole matrix.
  const chosen = benchmark.bins.map((_, b) => chooseSteps(matrix.map((row) => row[b].elsewhere!)));

  const drawsOf = async (b: number): Promise<Float64Array | null> => {
    const rows = chosen[b];
    if (rows.includes(-1)) return null;
    const choices = [...new Set(rows)].map((row) => ({
      weights: oneStep(steps[row], recorded),
      splits: [...rows.keys()].filter((s) => rows[s] === row),
    }));
    const own = mixtureOf[b];
    // All splits chose the step that the clock itself takes: the draws are those of the course, to the last digit.
    const isOwn = choices.length === 1 && own !== null && isStep(own, steps[rows[0]]);
    const task = { ...shared, response: responses[b], choices };
    return pool.run('chosenDraws', isOwn ? { ...task, isChallenge } : task);
  };
  const addedTo = async (b: number): Promise<Added | null> => {
    const weights = mixtureOf[b];
    if (weights === null || isStep(weights, steps[0])) return null;
    return pool.run('addedToFirst', { ...shared, response: responses[b], first, weights });
  };
  const [draws, added] = await Promise.all([
    Promise.all([...early, ...late].map(async (b) => [b, await counted(drawsOf(b))] as const)),
    Promise.all(late.map(async (b) => [b, await counted(addedTo(b))] as const)),
  ]);
  const ofBins = <T>(found: readonly (readonly [number, T | null])[]): (T | null)[] =>
    benchmark.bins.map((_, b) => found.find(([at]) => at === b)?.[1] ?? null);
  return {
    steps,
    scoredSteps: plan.scoredSteps,
    covered: mixtureOf.map((mixture) => mixture !== null),
    mapping: steps.map((step) => mixtureOf.map((mixture) => mixture?.[step] ?? 0)),
    matrix,
    chosen,
    chosenDraws: ofBins(draws),
    added: ofBins(added),
  };
}
