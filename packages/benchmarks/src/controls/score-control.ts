import { availableParallelism } from 'node:os';
import { type ControlReport, SCORING_VERSION, type ScoreReport } from '@corescore/contracts';
import type { Benchmark } from '../definitions/benchmark.js';
import { withPool } from '../processes/pool.js';
import { announceTo, type ScoreOptions } from '../scoring/options.js';
import { noteOutside, outsideNotes } from '../scoring/outside.js';
import { giveReason } from '../scoring/reasons.js';
import { type Activations, subjectOf } from '../scoring/subject.js';
import { controlNamed } from './registry.js';

export interface ControlOptions extends ScoreOptions {
  /**
   * The headline of the same activations, by the same scoring version, every digit of it: what it says already is not
   * computed again. The report is the same with it and without.
   */
  headline?: ScoreReport;
}

/**
 * One control of a subject, alone: what says how much the headline of the same activations is worth.
 *
 * @param name one of `controlsOf(benchmark)`
 * @throws CorescoreError `not_found` for another name; else as `scoreActivations`
 */
export async function scoreControl(
  benchmark: Benchmark,
  name: string,
  activations: Activations,
  options: ControlOptions = {},
): Promise<ControlReport> {
  const control = controlNamed(benchmark, name);
  return withPool(options.threads ?? availableParallelism(), options.signal, async (pool) => {
    const { scores, series, notes, maxGap } = await control.compute({
      benchmark,
      subject: await subjectOf(benchmark, activations),
      twin: activations.twin ?? { reason: 'not_run', note: 'no twin was run' },
      headline: options.headline ?? null,
      pool,
      announce: announceTo(options.onProgress),
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
  });
}
