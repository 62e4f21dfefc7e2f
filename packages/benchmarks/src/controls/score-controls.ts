import type { ControlReport, ScoreReport } from '@corescore/contracts';
import type { Benchmark } from '../definitions/benchmark.js';
import type { Activations } from '../scoring/subject.js';
import { controlsOf } from './registry.js';
import { type ControlOptions, scoreControl } from './score-control.js';

export interface ControlsOptions extends Omit<ControlOptions, 'onProgress'> {
  /** Tasks done so far, of how many, in the control of that name. */
  onProgress?: (control: string, done: number, total: number) => void;
}

/** All controls of a subject, one after another, in order of presentation. Errors as `scoreControl`. */
export async function scoreControls(
  benchmark: Benchmark,
  activations: Activations,
  { onProgress, ...options }: ControlsOptions = {},
): Promise<ControlReport[]> {
  const reports: ControlReport[] = [];
  for (const name of controlsOf(benchmark)) {
    const own = onProgress && { onProgress: (done: number, total: number) => onProgress(name, done, total) };
    reports.push(await scoreControl(benchmark, name, activations, { ...options, ...own }));
  }
  return reports;
}

/** The headline with everything that the controls say, as one report. */
export function withControls(headline: ScoreReport, controls: readonly ControlReport[]): ScoreReport {
  const gaps = [headline.maxDualityGap, ...controls.map((control) => control.maxDualityGap)].filter((g) => g !== null);
  return {
    ...headline,
    scores: [...headline.scores, ...controls.flatMap(({ scores }) => scores)],
    series: [...headline.series, ...controls.flatMap(({ series }) => series)],
    notes: [...headline.notes, ...controls.flatMap(({ notes }) => notes)],
    maxDualityGap: gaps.length === 0 ? null : Math.max(...gaps),
  };
}
