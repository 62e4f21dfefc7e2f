import type { ControlReport, ScoreReport } from '@corescore/contracts';

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
