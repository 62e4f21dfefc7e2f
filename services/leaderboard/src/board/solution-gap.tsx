import type { LeaderboardRow } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { findScore, gapSentence, reasonWords } from '../format/scores.js';

const WIDTH = 112;
const HEIGHT = 18;
const PAD = 6;

/** Mean solution times of Control (ring) and Challenge (disc) on the benchmark's time axis, with a text alternative. */
export function SolutionGap({ row, range }: { row: LeaderboardRow; range: readonly [number, number] }): ReactNode {
  const { controlMs, challengeMs } = row;
  if (controlMs === null && challengeMs === null) {
    return <span className="absent">{reasonWords(findScore(row.scores, 'ost_delay_mean'))}</span>;
  }
  const [start, end] = range;
  const x = (ms: number) => PAD + ((WIDTH - 2 * PAD) * (Math.min(end, Math.max(start, ms)) - start)) / (end - start);
  const y = HEIGHT / 2;
  return (
    <>
      <svg className="gap" width={WIDTH} height={HEIGHT} role="img" aria-label={gapSentence(controlMs, challengeMs)}>
        <line className="gap-axis" x1={PAD} x2={WIDTH - PAD} y1={y} y2={y} />
        {controlMs !== null && challengeMs !== null && (
          <line className="gap-span" x1={x(controlMs)} x2={x(challengeMs)} y1={y} y2={y} />
        )}
        {challengeMs !== null && <circle className="gap-challenge" cx={x(challengeMs)} cy={y} r={4} />}
        {controlMs !== null && <circle className="gap-control" cx={x(controlMs)} cy={y} r={4} />}
      </svg>
      <span className="interval" aria-hidden="true">
        {controlMs === null ? 'none' : Math.round(controlMs)} →{' '}
        {challengeMs === null ? 'none' : Math.round(challengeMs)}
      </span>
    </>
  );
}
