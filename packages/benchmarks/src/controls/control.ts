import { CorescoreError, type Score, type ScoreReport, type Series } from '@corescore/contracts';
import type { Benchmark } from '../definitions/benchmark.js';
import type { ScoringPool } from '../processes/pool.js';
import type { Announce } from '../scoring/options.js';
import type { Subject } from '../scoring/subject.js';
import type { Twin } from './twin.js';

/** One entry a bin of the benchmark (or one, for a subject without time); null where there is nothing. */
export type OverBins<T> = (T | null)[];

export interface ControlInput {
  benchmark: Benchmark;
  subject: Subject;
  twin: Twin;
  /** The headline of the same activations where the caller has it: what it says already is not computed again. */
  headline: ScoreReport | null;
  pool: ScoringPool;
  /** To be called once, before the first task. */
  announce: Announce;
}

/** What a control found; without scores where it reports series alone. */
export interface ControlPart {
  scores: Score[];
  series: Series[];
  notes: string[];
  /** Largest relative duality gap of what it decoded; null where that is nothing. */
  maxGap: number | null;
}

/**
 * What says how much a headline is worth (METRICS 4, 5): computed afterwards, on the same activations, each control alone.
 * All metrics of `metricsOf(name)` are among its scores, absent with a reason where it does not apply.
 */
export interface Control {
  /** As `CONTROL_NAME_PATTERN`; the names stand in paths, on the command line and in `METRICS`. */
  name: string;
  compute(input: ControlInput): Promise<ControlPart>;
}

/** A control may be undefined in places without harm to the rest of it. */
export async function unlessUndefined<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CorescoreError && error.code === 'metric_undefined') return null;
    throw error;
  }
}

/** Runs a task for each item and counts it; what is not defined is null. */
export const forEach = <I, O>(
  items: readonly I[],
  onDone: () => void,
  task: (item: I, at: number) => Promise<O>,
): Promise<(O | null)[]> =>
  Promise.all(
    items.map(async (item, at) => {
      const found = await unlessUndefined(task(item, at));
      onDone();
      return found;
    }),
  );

/** What was found of each mixture, at each bin. */
export const overBins = <T>({ ofBin }: Subject, of: (mixture: number) => T | null): OverBins<T> =>
  ofBin.map((m) => (m < 0 ? null : of(m)));

/** What the decoding of one repetition of the folds shares over all controls. */
export const oneRepetitionOf = ({ labels, classes, folds, decoder }: Benchmark) => ({
  labels,
  classes: classes.length,
  fold: folds[0],
  c: decoder.c,
});

export const largest = (gaps: readonly (number | null | undefined)[]): number | null => {
  const known = gaps.filter((gap) => gap != null);
  return known.length === 0 ? null : Math.max(...known);
};
