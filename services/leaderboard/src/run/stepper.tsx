import type { RunView } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { plural } from '../format/numbers.js';
import { formatDuration, formatRemaining, remainingMs } from '../format/time.js';
import { type Stage, type StageState, stageStartMs, stagesOf } from './stages.js';

const STATE_WORDS: Record<StageState, string> = {
  done: 'done',
  current: 'under way',
  pending: 'not yet',
  skipped: 'not needed',
  failed: 'failed here',
  cancelled: 'cancelled here',
};
const MARKS: Record<StageState, string> = {
  done: '✓',
  current: '',
  pending: '',
  skipped: '–',
  failed: '✕',
  cancelled: '✕',
};

const underneath = ({ key, state, durationMs }: Stage): string => {
  if (durationMs === null) return STATE_WORDS[state];
  const duration = formatDuration(durationMs);
  if (key === 'scored') return `${duration} in all`;
  return state === 'done' ? duration : `${STATE_WORDS[state]}, ${duration}`;
};

/** The stages of a run in a row, with the time each took. */
export function Stepper({ run, nowMs }: { run: RunView; nowMs: number }): ReactNode {
  return (
    <ol className="stepper" aria-label="Stages">
      {stagesOf(run, nowMs).map((stage) => (
        <li
          key={stage.key}
          className={`step step-${stage.state}`}
          aria-current={stage.state === 'current' ? 'step' : undefined}
        >
          <span className="step-mark" aria-hidden="true">
            {MARKS[stage.state]}
          </span>
          <span className="step-label">{stage.label}</span>
          <span className="step-time">{underneath(stage)}</span>
        </li>
      ))}
    </ol>
  );
}

/** How far the present stage is and how long it may take; in the queue, how many are ahead. */
export function StageProgress({ run, nowMs }: { run: RunView; nowMs: number }): ReactNode {
  if (run.status === 'queued') {
    const ahead = run.queuePosition;
    return (
      <p className="progress-text">
        {ahead === null
          ? 'Waiting for a worker.'
          : ahead === 0
            ? 'Next in the queue.'
            : `${plural(ahead, 'run')} ahead in the queue.`}
      </p>
    );
  }
  if (run.status !== 'extracting' && run.status !== 'scoring') return null;
  const what = run.status === 'extracting' ? 'Extracting activations' : 'Decoding time bins';
  if (run.progress === null) return <p className="progress-text">{what} …</p>;
  const { done, total, unit } = run.progress;
  const left = formatRemaining(remainingMs(done, total, nowMs - stageStartMs(run)));
  return (
    <div className="progress">
      <label htmlFor="stage-progress">{what}</label>
      <progress id="stage-progress" max={total} value={done} />
      <p className="progress-text">
        {done} of {total} {unit}, {left}
      </p>
    </div>
  );
}
