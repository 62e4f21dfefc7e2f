import { availableParallelism } from 'node:os';
import { type ControlReport, SCORING_VERSION, type ScoreReport } from '@corescore/contracts';
import type { Benchmark } from '../definitions/benchmark.js';
import { type ScoringPool, withPool } from '../processes/pool.js';
import { announceTo, type ScoreOptions } from '../scoring/options.js';
import { noteOutside, outsideNotes } from '../scoring/outside.js';
import { giveReason } from '../scoring/reasons.js';
import { type Activations, subjectOf } from '../scoring/subject.js';
import { controlNamed, controlsOf } from './registry.js';

export interface ControlOptions extends ScoreOptions {
  /**
   * The headline of the same activations, by the same scoring version, every digit of it: what it says already is not
   * computed again. Scores, series and notes are the same with it and without.
   */
  headline?: ScoreReport;
}

export interface ControlsOptions extends Omit<ControlOptions, 'onProgress'> {
  /** Tasks done so far, of how many, in the control of that name. */
  onProgress?: (control: string, done: number, total: number) => void;
}

async function compute(
  benchmark: Benchmark,
  name: string,
  activations: Activations,
  pool: ScoringPool,
  { headline, onProgress }: ControlOptions,
): Promise<ControlReport> {
  const { scores, series, notes, maxGap } = await controlNamed(benchmark, name).compute({
    benchmark,
    subject: await subjectOf(benchmark, activations),
    twin: activations.twin ?? { reason: 'not_run', note: 'no twin was run' },
    headline: headline ?? null,
    pool,
    announce: announceTo(onProgress),
  });
  return {
    control: name,
    benchmark: benchmark.definition.ref,
    benchmarkDigest: benchmark.definition.digest,
    scoringVersion: SCORING_VERSION,
    scores: scores.map((score) => noteOutside(giveReason(score))),
    series,
    notes: [...notes, ...outsideNotes(series)],
    maxDualityGap: maxGap,
  };
}

/**
 * One control of a subject, alone: what says how much the headline of the same activations is worth.
 *
 * @param name one of `controlsOf(benchmark)`
 * @throws CorescoreError `not_found` for another name; else as `scoreActivations`
 */
export const scoreControl = (
  benchmark: Benchmark,
  name: string,
  activations: Activations,
  options: ControlOptions = {},
): Promise<ControlReport> =>
  withPool(options.threads ?? availableParallelism(), options.signal, (pool) =>
    compute(benchmark, name, activations, pool, options),
  );

/** All controls of a subject, one after another, in order of presentation. Errors as `scoreControl`. */
export const scoreControls = (
  benchmark: Benchmark,
  activations: Activations,
  { onProgress, ...options }: ControlsOptions = {},
): Promise<ControlReport[]> =>
  withPool(options.threads ?? availableParallelism(), options.signal, async (pool) => {
    const reports: ControlReport[] = [];
    for (const name of controlsOf(benchmark)) {
      const own = onProgress && { onProgress: (done: number, total: number) => onProgress(name, done, total) };
      reports.push(await compute(benchmark, name, activations, pool, { ...options, ...own }));
    }
    return reports;
  });
