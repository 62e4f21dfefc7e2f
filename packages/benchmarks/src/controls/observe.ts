import { CorescoreError } from '@corescore/contracts';
import type { Benchmark } from '../definitions/benchmark.js';
import type { ScoringPool } from '../processes/pool.js';
import type { Mixture } from '../scoring/mixtures.js';
import { besideOf, CUMULATIVE, stripVariants } from './plan.js';
import type { DecodedBeside, OneRepetition } from './tasks.js';
import type { Twin } from './twin.js';

/** One entry a bin of the benchmark (or one, for a subject without time); null where there is nothing. */
export type OverBins<T> = (T | null)[];

/** What a subject showed under other conditions than those of its scores. */
export interface Beside {
  /** Rows of the strip with the i1 of each bin; empty for a subject without time. */
  strip: { key: string; i1: OverBins<Float64Array> }[];
  /** One a shuffle of the labels. */
  shuffled: OverBins<OneRepetition[]>;
  /** The untrained twin, or why there is none. */
  twin: OverBins<OneRepetition> | { reason: 'not_run' | 'failed'; note: string };
  /** i1 in each of the model's own scored steps; null for a subject without time. */
  nativeI1: (Float64Array | null)[] | null;
  /** [train bin][test bin]: 1 where the image was named right; null for a subject without time. */
  generalisation: OverBins<OverBins<Uint8Array>> | null;
  maxGap: number;
}

/** A recorded subject as the plan of its scoring sees it. */
export interface Recorded {
  path: string;
  mixtures: Mixture[];
  ofBin: number[];
  temporal: boolean;
  /** Recorded steps, and the first of them that is scored. */
  steps: number;
  firstStep: number;
  twin: Twin;
}

type Task = () => Promise<void>;

/** What stands beside a score may be undefined without harm to it. */
async function unlessUndefined<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CorescoreError && error.code === 'metric_undefined') return null;
    throw error;
  }
}

/** The model's own steps as mixtures; those that are mixtures of the bins already are not decoded again. */
function nativeSteps({ mixtures, steps, firstStep }: Recorded): { mixture: Mixture; known: number }[] {
  const index = new Map(mixtures.map((mixture, m) => [mixture.join(), m]));
  return Array.from({ length: steps - firstStep }, (_, s) => {
    const mixture = new Float64Array(steps);
    mixture[firstStep + s] = 1;
    return { mixture, known: index.get(mixture.join()) ?? -1 };
  });
}

/**
 * Tasks for the scoring threads, and what they found once all of them are done. `decoded` holds what `decodeBeside` said of
 * each mixture.
 */
export function besideTasks(
  benchmark: Benchmark,
  recorded: Recorded,
  pool: ScoringPool,
): { tasks: Task[]; result: (decoded: readonly DecodedBeside[]) => Beside } {
  const { path, mixtures, ofBin, temporal, twin } = recorded;
  const { labels, folds, decoder } = benchmark;
  const one = { path, mixtures, labels, classes: benchmark.classes.length, fold: folds[0], c: decoder.c };
  const tasks: Task[] = [];

  const native = temporal ? nativeSteps(recorded) : [];
  const ofStep = native.map((): Float64Array | null => null);
  native.forEach(({ mixture, known }, s) => {
    if (known >= 0) return;
    tasks.push(async () => {
      const task = { path, weights: mixture, labels, classes: one.classes, folds, c: decoder.c };
      ofStep[s] = (await unlessUndefined(pool.run('decodeMixture', task)))?.i1 ?? null;
    });
  });

  const ofTwin = mixtures.map((): OneRepetition | null => null);
  if ('path' in twin) {
    mixtures.forEach((weights, m) => {
      tasks.push(async () => {
        const task = { path: twin.path, weights, labels, classes: one.classes, folds: [folds[0]], c: decoder.c };
        const step = await unlessUndefined(pool.run('decodeMixture', task));
        ofTwin[m] = step && { i1: step.i1, correct: step.correct[0] };
      });
    });
  }

  let soFar: OneRepetition[] = [];
  const generalised = mixtures.map((): Uint8Array[] => []);
  if (temporal) {
    tasks.push(async () => {
      soFar = (await unlessUndefined(pool.run('decodeSoFar', one))) ?? [];
    });
    mixtures.forEach((train, m) => {
      tasks.push(async () => {
        generalised[m] = (await unlessUndefined(pool.run('generalise', { ...one, train }))) ?? [];
      });
    });
  }

  const overBins = <T>(of: (mixture: number) => T | null): OverBins<T> => ofBin.map((m) => (m < 0 ? null : of(m)));
  const result = (decoded: readonly DecodedBeside[]): Beside => {
    const variant = (key: string, isBase: boolean): OverBins<Float64Array> => {
      // A bin has seen every mixture up to its own, also where an earlier one comes again.
      if (key === CUMULATIVE) {
        return ofBin.map((m, b) => (m < 0 ? null : (soFar[Math.max(...ofBin.slice(0, b + 1))]?.i1 ?? null)));
      }
      return overBins((m) => (isBase ? decoded[m].first.i1 : (decoded[m].variants[key]?.i1 ?? null)));
    };
    const rows = temporal ? stripVariants(benchmark) : [];
    return {
      strip: rows.map(({ key, isBase }) => ({ key, i1: variant(key, isBase) })),
      shuffled: overBins((m) => decoded[m].shuffled),
      twin: 'path' in twin ? overBins((m) => ofTwin[m]) : twin,
      nativeI1: temporal ? native.map(({ known }, s) => (known >= 0 ? decoded[known].main.i1 : ofStep[s])) : null,
      generalisation: temporal ? overBins((t) => overBins((s) => generalised[t][s] ?? null)) : null,
      maxGap: Math.max(...decoded.map(({ maxGap }) => maxGap)),
    };
  };
  return { tasks, result };
}

/** The task of one mixture, the scores' own decoding included. */
export const besideTask = (benchmark: Benchmark, recorded: Recorded, mixture: number) => ({
  path: recorded.path,
  weights: recorded.mixtures[mixture],
  labels: benchmark.labels,
  classes: benchmark.classes.length,
  folds: benchmark.folds,
  c: benchmark.decoder.c,
  ...besideOf(benchmark, mixture, recorded.temporal),
});
