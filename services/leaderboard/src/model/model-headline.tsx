import type { LeaderboardRow, RunView, Score, Subset } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { formatInterval, formatQuantity } from '../format/numbers.js';
import { delayBoundText, findScore, hasInterval, reasonWords, solvedText } from '../format/scores.js';

/** Metric, subset, and what stands above the number. */
type StripEntry = readonly [metric: string, subset: Subset, label: string];

const HEADLINE: readonly StripEntry[] = [
  ['ost_rho_partial', 'all', 'OST ρ, partial'],
  ['ost_rho', 'all', 'OST ρ, raw'],
  ['ost_delay_mean', 'all', 'Delay, declared clock'],
  ['accuracy', 'control', 'Accuracy, Control'],
  ['accuracy', 'challenge', 'Accuracy, Challenge'],
  ['ost_solved', 'all', 'Solved'],
];

/** Over how many images a statistic of solution times is, and what the others could make of a delay. */
const besideValue = (run: RunView, score: Score): string[] =>
  [solvedText(score), score.metric === 'ost_delay_mean' ? delayBoundText(run.scores, null) : null].filter(
    (text) => text !== null,
  );

/** Some of the run's numbers, its main ones by default, each with its interval or the reason why there is none. */
export function ScoreStrip({ run, entries = HEADLINE }: { run: RunView; entries?: readonly StripEntry[] }): ReactNode {
  const Value = run.struckReason === null ? 'span' : 's';
  return (
    <dl
      className={['number-strip', entries === HEADLINE && 'score-strip', run.struckReason !== null && 'struck']
        .filter(Boolean)
        .join(' ')}
    >
      {entries.map(([metric, subset, label]) => {
        const score = findScore(run.scores, metric, subset);
        return (
          <div key={label}>
            <dt>{label}</dt>
            {score === undefined || score.value === null ? (
              <dd>
                <span className="absent">{reasonWords(score)}</span>
                {metric === 'ost_delay_mean' && (
                  <span className="interval words">{delayBoundText(run.scores, null)}</span>
                )}
              </dd>
            ) : (
              <dd>
                <Value className="big">{formatQuantity(score.value, score.unit)}</Value>
                {score.unit === 'images' && <span className="interval">of {score.nTotal}</span>}
                {hasInterval(score) && (
                  <span className="interval">{formatInterval(score.low, score.high, score.unit)}</span>
                )}
                {besideValue(run, score).map((text) => (
                  <span key={text} className="interval words">
                    {text}
                  </span>
                ))}
              </dd>
            )}
          </div>
        );
      })}
    </dl>
  );
}

/** Where the model stands on the board, or what a reference row shows. */
export function Standing({ row, competitors }: { row: LeaderboardRow; competitors: number }): ReactNode {
  if (row.role !== 'model') {
    return (
      <p className="standing">
        <span className="tag tag-reference">{row.role === 'it' ? 'ceiling' : 'null row'}</span> {row.sentence}
      </p>
    );
  }
  if (row.struckReason !== null) return <p className="standing">Not ranked: {row.struckReason}.</p>;
  if (row.rank === null) return <p className="standing">Not ranked: the score that sorts this board is absent.</p>;
  return (
    <p className="standing">
      Rank {row.rank} of {competitors} ranked.
      {row.activationsSupplied && ' Its activations were supplied, not computed here.'}
    </p>
  );
}

export function ModelTitle({ owner, name, about }: { owner: string; name: string; about?: string | null }): ReactNode {
  return (
    <>
      <p className="kicker">{owner}</p>
      <h1>{name}</h1>
      {about != null && <p className="lead">{about}</p>}
    </>
  );
}
