import type { LeaderboardRow } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { views } from '../api/paths.js';
import { formatInterval, formatNumber } from '../format/numbers.js';
import {
  delayBoundText,
  failureWords,
  findScore,
  hasInterval,
  reasonWords,
  STATUS_WORDS,
  solvedText,
} from '../format/scores.js';
import { SCORE_COLUMNS, type ScoreColumn } from './columns.js';
import { ScoreBar } from './score-bar.js';
import { SolutionGap } from './solution-gap.js';

export interface RowContext {
  /** The column the benchmark sorts by: it carries the bar. */
  mainMetric: string;
  /** What the bar of the main column ends at: IT's value. */
  ceiling: number;
  /** The benchmark's time axis, ms. */
  range: readonly [number, number];
}

function ScoreCell({
  row,
  column,
  context,
}: {
  row: LeaderboardRow;
  column: ScoreColumn;
  context: RowContext & { struck: boolean };
}): ReactNode {
  const score = findScore(row.scores, column.metric, column.subset);
  const bound = column.metric === 'ost_delay_mean' ? delayBoundText(row.scores, context.range[1]) : null;
  if (score === undefined || score.value === null) {
    return (
      <td className="num">
        <span className="absent">{reasonWords(score)}</span>
        {bound !== null && <span className="interval words">{bound}</span>}
      </td>
    );
  }
  const isMain = score.metric === context.mainMetric;
  const Value = context.struck ? 's' : 'span';
  const solved = solvedText(score);
  return (
    <td className={isMain ? 'num main' : 'num'}>
      <Value className="value">{formatNumber(score.value, score.unit)}</Value>
      {score.unit === 'images' && <span className="interval">of {score.nTotal}</span>}
      {hasInterval(score) && <Value className="interval">{formatInterval(score.low, score.high, score.unit)}</Value>}
      {solved !== null && <Value className="interval words">{solved}</Value>}
      {bound !== null && <Value className="interval words">{bound}</Value>}
      {isMain && !context.struck && <ScoreBar score={score} ceiling={context.ceiling} />}
    </td>
  );
}

/** What stands in place of the numbers of a run that has none. */
function Unscored({ row }: { row: LeaderboardRow }): ReactNode {
  const run = <Link href={views.run(row.runId)}>See the run</Link>;
  if (row.status === 'failed') {
    return (
      <>
        <span className="absent">failed: {failureWords(row.failure)}</span>
        {row.failure !== null && <span className="failure-detail">{row.failure.detail}</span>} {run}
      </>
    );
  }
  if (row.status === 'cancelled') {
    return (
      <>
        <span className="absent">not run: cancelled</span> {run}
      </>
    );
  }
  return (
    <>
      <span className="live">{STATUS_WORDS[row.status]}</span> {run}
    </>
  );
}

/** Owner, where the activations come from, and the way to the run; an unscored row has that link in its words. */
function aboutRow(row: LeaderboardRow): ReactNode {
  return (
    <>
      {row.role === 'model' && row.owner}
      {row.activationsSupplied && `${row.role === 'model' ? ' · ' : ''}activations supplied`}
      {row.status === 'scored' && (
        <>
          {row.role === 'model' || row.activationsSupplied ? ' · ' : ''}
          <Link href={views.run(row.runId)}>run</Link>
        </>
      )}
    </>
  );
}

function ModelCell({ row }: { row: LeaderboardRow }): ReactNode {
  return (
    <th scope="row" className="model">
      {row.role !== 'model' && <span className="tag tag-reference">{row.role === 'it' ? 'ceiling' : 'null row'}</span>}
      <Link href={views.model(row.owner, row.name)} className="model-name">
        {row.label}
      </Link>
      <span className="model-about">{aboutRow(row)}</span>
      {row.struckReason !== null && <span className="struck-reason">{row.struckReason}</span>}
    </th>
  );
}

export function BoardRow({ row, context }: { row: LeaderboardRow; context: RowContext }): ReactNode {
  const struck = row.struckReason !== null;
  const classes = [row.role === 'model' ? '' : `reference reference-${row.role}`, struck ? 'struck' : ''];
  return (
    <tr className={classes.filter(Boolean).join(' ') || undefined}>
      <td className="rank">{row.rank ?? <span className="absent">{row.role === 'model' ? '–' : ''}</span>}</td>
      <ModelCell row={row} />
      {row.status === 'scored' ? (
        <>
          {SCORE_COLUMNS.map((column) => (
            <ScoreCell key={column.id} row={row} column={column} context={{ ...context, struck }} />
          ))}
          <td className="num">
            <SolutionGap row={row} range={context.range} />
          </td>
        </>
      ) : (
        <td colSpan={SCORE_COLUMNS.length + 1} className="unscored">
          <Unscored row={row} />
        </td>
      )}
    </tr>
  );
}
