import type { RunView } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { findScore, reasonWords, scoreText } from '../format/scores.js';

/** The delay on two clocks: the submitter's, in ms, and the model's own, in steps, which nobody declared. */
export function NativeSteps({ run }: { run: RunView }): ReactNode {
  const own = findScore(run.scores, 'ost_native_delay_mean');
  const solved = findScore(run.scores, 'ost_native_solved');
  // A run scored before there were native steps.
  if (own === undefined) return null;
  if (own.value === null || solved === undefined || solved.value === null) {
    return (
      <p className="muted">
        Delay in the model’s own steps: <span className="absent">{reasonWords(own)}</span>.
      </p>
    );
  }
  return (
    <p className="muted">
      Milliseconds are on the clock that the submitter declared. In the model’s own steps, without resampling, Challenge
      is later than Control by {scoreText(own)} on average; {solved.value} of {solved.nTotal} images are solved.
    </p>
  );
}
