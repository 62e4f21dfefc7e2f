import type { BenchmarkView, LeaderboardRow } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { findScore } from '../format/scores.js';
import { ScrollRegion } from '../ui/scroll-region.js';
import { BoardRow, type RowContext } from './board-row.js';
import { columnOfMetric, SCORE_COLUMNS } from './columns.js';
import { MODEL_COLUMN, type Sort, sortRows } from './sort.js';

/** IT's own value: what the bars end at. A correlation has a natural one where IT has not been scored yet. */
export const ceilingOf = (rows: readonly LeaderboardRow[], metric: string): number => {
  const it = rows.find((row) => row.role === 'it' && row.struckReason === null);
  const value = it && findScore(it.scores, metric)?.value;
  return value != null && value > 0 ? value : 1;
};

interface HeaderProps {
  id: string;
  label: string;
  hint?: string;
  sort: Sort;
  onSort: (column: string) => void;
  className?: string;
}

function SortHeader({ id, label, hint, sort, onSort, className }: HeaderProps): ReactNode {
  const active = sort.column === id;
  return (
    <th
      scope="col"
      className={className}
      aria-sort={active ? (sort.direction === 'asc' ? 'ascending' : 'descending') : undefined}
    >
      <button type="button" className="sort" onClick={() => onSort(id)}>
        {label}
        <span className="sort-arrow" aria-hidden="true">
          {active ? (sort.direction === 'asc' ? '▲' : '▼') : '↕'}
        </span>
      </button>
      {hint !== undefined && <span className="hint">{hint}</span>}
    </th>
  );
}

interface TableProps {
  benchmark: BenchmarkView;
  rows: readonly LeaderboardRow[];
  sort: Sort;
  onSort: (column: string) => void;
}

export function BoardTable({ benchmark, rows, sort, onSort }: TableProps): ReactNode {
  const { binStartsMs, binMs, sortMetric } = benchmark;
  const context: RowContext = {
    mainMetric: columnOfMetric(sortMetric).metric,
    ceiling: ceilingOf(rows, columnOfMetric(sortMetric).metric),
    range: [binStartsMs[0] ?? 0, (binStartsMs.at(-1) ?? 0) + binMs],
  };
  return (
    <ScrollRegion label="Leaderboard">
      <table className="board">
        <caption>
          <span className="caption-text">
            Models on {benchmark.id}, version {benchmark.version}. Below each value its 95 % interval (bootstrap over
            images). Bars start at zero and end at the ceiling.
          </span>
        </caption>
        <thead>
          <tr>
            <th scope="col" className="rank">
              Rank
            </th>
            <SortHeader id={MODEL_COLUMN} label="Model" sort={sort} onSort={onSort} className="model" />
            {SCORE_COLUMNS.map(({ id, label, hint }) => (
              <SortHeader key={id} id={id} label={label} hint={hint} sort={sort} onSort={onSort} className="num" />
            ))}
            <th scope="col" className="num">
              Solution times
              <span className="hint">
                <span className="key key-control">Control</span> → <span className="key key-challenge">Challenge</span>,
                ms
              </span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sortRows(rows, sort).map((row) => (
            <BoardRow key={`${row.owner}/${row.name}/${row.runId}`} row={row} context={context} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
