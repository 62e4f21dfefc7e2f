import type { LeaderboardRow, Score } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { formatCount, formatInterval, formatQuantity } from '../format/numbers.js';
import { ceilingText, hasInterval, nullRowsText, REASONS, reasonWords, SUBSET_WORDS } from '../format/scores.js';
import { ScrollRegion } from '../ui/scroll-region.js';
import { groupScores, type ScoreGroup } from './score-groups.js';

/** Parity metrics have no bootstrap: their error is the one over splits. */
const errorText = (score: Score): string =>
  score.error === undefined ? '' : `± ${formatQuantity(score.error, score.unit)} (s.e. over splits)`;

/** What a value is a mean of, its error where an interval has the cell, and how it stands to its ceiling. */
function detailText(score: Score, ofSeveral: boolean): string {
  const parts = [
    score.note,
    hasInterval(score) && score.error !== undefined ? errorText(score) : undefined,
    ceilingText(score),
  ];
  const text = parts.filter((part) => part !== undefined).join('; ');
  return text !== '' && ofSeveral ? `${SUBSET_WORDS[score.subset]}: ${text}` : text;
}

function ScoreCells({ score }: { score: Score }): ReactNode {
  return (
    <>
      <td>
        {SUBSET_WORDS[score.subset]}
        {score.region !== 'IT' && ` · ${score.region}`}
      </td>
      {score.value === null ? (
        <td className="num" colSpan={2}>
          <span className="absent">{reasonWords(score)}</span>
        </td>
      ) : (
        <>
          <td className="num value">{formatQuantity(score.value, score.unit)}</td>
          <td className="num">
            {hasInterval(score) ? formatInterval(score.low, score.high, score.unit) : errorText(score)}
          </td>
        </>
      )}
      <td className="num">
        {formatCount(score.n)} of {formatCount(score.nTotal)}
      </td>
    </>
  );
}

/** Scores that say little without what nothing gets on the same board. */
const READ_BESIDE_NULLS: readonly string[] = ['ost_concordance', 'ost_concordance_matched'];

/** One metric: its name and help beside one row a subset. */
function Group({ group, board }: { group: ScoreGroup; board: readonly LeaderboardRow[] }): ReactNode {
  const nulls = READ_BESIDE_NULLS.includes(group.metric) ? nullRowsText(board, group.metric) : null;
  return (
    <tbody>
      {group.scores.map((score, i) => (
        <tr key={`${score.subset}/${score.region}`}>
          {i === 0 && (
            <th scope="rowgroup" rowSpan={group.scores.length}>
              {group.label}
              {group.help !== null && <span className="help">{group.help}</span>}
              {nulls !== null && <span className="help">{nulls}</span>}
              {group.scores
                .map((s) => detailText(s, group.scores.length > 1))
                .map(
                  (text) =>
                    text !== '' && (
                      <span key={text} className="help">
                        {text}
                      </span>
                    ),
                )}
            </th>
          )}
          <ScoreCells score={score} />
        </tr>
      ))}
    </tbody>
  );
}

/** Every score of a run: value, interval, how many images entered of how many could have, or why it is absent. */
export function ScoreTable({
  scores,
  struck,
  board = [],
}: {
  scores: readonly Score[];
  /** The values are struck through; what stands above the table says why. */
  struck: boolean;
  /** Rows of the run's board, for the null rows among them. */
  board?: readonly LeaderboardRow[];
}): ReactNode {
  const reasons = [...new Set(scores.flatMap((s) => s.reason ?? []))];
  return (
    <>
      <ScrollRegion label="Scores">
        <table className={struck ? 'scores struck' : 'scores'}>
          <caption>
            <span className="caption-text">
              Intervals are 95 %, from a bootstrap over images; those of shuffled labels say where another shuffle would
              fall, that of the untrained twin is by the spread of the folds. n is the number of images that entered.
            </span>
          </caption>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col">Images</th>
              <th scope="col" className="num">
                Value
              </th>
              <th scope="col" className="num">
                95 % interval
              </th>
              <th scope="col" className="num">
                n
              </th>
            </tr>
          </thead>
          {groupScores(scores).map((group) => (
            <Group key={group.metric} group={group} board={board} />
          ))}
        </table>
      </ScrollRegion>
      {reasons.map((reason) => (
        <p key={reason} className="muted">
          <span className="absent">{REASONS[reason].words}</span>: {REASONS[reason].sentence}
        </p>
      ))}
    </>
  );
}
