import type { RunView, Series } from '@corescore/contracts';
import { type ReactNode, useMemo } from 'react';
import { CourseChart } from '../charts/course-chart.js';
import { coursePoints } from '../charts/courses.js';
import { attainable, stepMatrix } from '../charts/step-matrix.js';
import { StepMatrixChart } from '../charts/step-matrix-chart.js';
import { findScore, REASONS } from '../format/scores.js';
import { ScoreStrip } from './model-headline.js';

const SCORES = [
  ['predictivity_early', 'all', 'Early IT'],
  ['predictivity_late', 'all', 'Late IT'],
  ['predictivity_late', 'control', 'Late IT, Control'],
  ['predictivity_late', 'challenge', 'Late IT, Challenge'],
  ['predictivity_best_step_late', 'all', 'Late IT, best step'],
  ['predictivity_added_late', 'all', 'Beyond the first step'],
] as const;

/** How well the model's features predict the recordings over time, and from which of its steps. */
export function PredictivityResults({ run, series }: { run: RunView; series: readonly Series[] }): ReactNode {
  const points = useMemo(() => coursePoints(series, 'predictivity'), [series]);
  const ceiling = useMemo(() => attainable(series), [series]);
  const matrix = useMemo(() => stepMatrix(series), [series]);
  const most = Math.max(0, ...ceiling.map((c) => c.value)) || 1;
  const reason = findScore(run.scores, 'predictivity_best_step_late')?.reason ?? 'not_run';
  return (
    <section aria-labelledby="predictivity-title">
      <h2 id="predictivity-title">Neural predictivity</h2>
      {points.length === 0 ? (
        <p className="absent">The recordings were not predicted for this row.</p>
      ) : (
        <>
          <p className="muted">
            Held-out r between predicted and recorded responses, median over sites. Intervals are 95&nbsp;%, over
            images. Beyond the first step: variance of late IT that the features of the bin explain and the first step
            alone does not. The ceiling is the reliability of the responses, a share of variance: scores are ceiled as
            r² / ceiling, and r itself is at most √ceiling.
          </p>
          <ScoreStrip run={run} entries={SCORES} />
          <CourseChart
            title="Predictivity over time, r"
            points={points}
            unit="r"
            span={[0, 1]}
            heading="h3"
            limit={{ points: ceiling, label: '√ceiling' }}
          />
          {matrix === null ? (
            <p>
              <span className="absent">{REASONS[reason].words}</span>: there are no steps to hold against the time bins
              of IT.
            </p>
          ) : (
            <StepMatrixChart matrix={matrix} most={most} />
          )}
        </>
      )}
    </section>
  );
}
