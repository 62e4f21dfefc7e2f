import type { RunView } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { findScore, scoreText } from '../format/scores.js';

/** The delay on two clocks: the submitter's, in ms, and the model's own, in steps, which nobody declared; if there is one. */
export function NativeSteps({ run }: { run: RunView }): ReactNode {
  const own = findScore(run.scores, 'ost_native_delay_mean');
  const solved = findScore(run.scores, 'ost_native_solved');
  if (own === undefined || own.value === null || solved === undefined || solved.value === null) return null;
  return (
    <p className="muted">
      Milliseconds are on the clock that the submitter declared. In the model’s own steps, without resampling, Challenge
      is later than Control by {scoreText(own)} on average; {solved.value} of {solved.nTotal} images are solved.
    </p>
  );
}
