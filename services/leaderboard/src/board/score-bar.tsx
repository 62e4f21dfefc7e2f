import type { Score } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { hasInterval } from '../format/scores.js';

/** Room left of zero and right of the ceiling, in ceilings. */
const LEFT = 0.15;
const RIGHT = 0.08;

/** Place of a value on the track, percent of its width; values outside are held at its ends. */
export function placeOnTrack(value: number, ceiling: number): number {
  const share = (value / ceiling + LEFT) / (1 + LEFT + RIGHT);
  return 100 * Math.min(1, Math.max(0, share));
}

/**
 * A value as a bar from zero, its 95 % interval as a whisker, the ceiling as a tick. The scale is the ceiling's and the
 * same in every row: it does not move with who is on the board. Decoration: the numbers stand beside it.
 */
export function ScoreBar({ score, ceiling }: { score: Score; ceiling: number }): ReactNode {
  if (score.value === null) return null;
  const zero = placeOnTrack(0, ceiling);
  const end = placeOnTrack(score.value, ceiling);
  const span = (from: number, to: number) => ({ left: `${Math.min(from, to)}%`, width: `${Math.abs(to - from)}%` });
  return (
    <span className="bar" aria-hidden="true">
      <span className="bar-track" style={span(zero, placeOnTrack(ceiling, ceiling))} />
      <span className="bar-value" style={span(zero, end)} />
      {hasInterval(score) && (
        <span
          className="bar-whisker"
          style={span(placeOnTrack(score.low, ceiling), placeOnTrack(score.high, ceiling))}
        />
      )}
      <span className="bar-tick" style={{ left: `${zero}%` }} />
      <span className="bar-tick bar-ceiling" style={{ left: `${placeOnTrack(ceiling, ceiling)}%` }} />
    </span>
  );
}
