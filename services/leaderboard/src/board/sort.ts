import { isTerminal, type LeaderboardRow } from '@corescore/contracts';
import { findScore } from '../format/scores.js';
import { SCORE_COLUMNS, type ScoreColumn } from './columns.js';

export type Direction = 'asc' | 'desc';
export interface Sort {
  column: string;
  direction: Direction;
}

/** Value of a row in a column; null where the score is absent. */
export const valueIn = (row: LeaderboardRow, column: ScoreColumn): number | null =>
  findScore(row.scores, column.metric, column.subset)?.value ?? null;

/** Absent scores stand below all present ones; among them the scored rows first, then what runs, then what ended badly. */
function absentOrder(row: LeaderboardRow): number {
  if (row.status === 'scored') return 0;
  return isTerminal(row.status) ? 2 : 1;
}

/**
 * Rows in the order of the table. Absent scores come last in either direction: absent is neither small nor large; below
 * them, what is struck through, since it does not compare with the rest.
 */
export function sortRows(rows: readonly LeaderboardRow[], sort: Sort): LeaderboardRow[] {
  const factor = sort.direction === 'asc' ? 1 : -1;
  const byLabel = (a: LeaderboardRow, b: LeaderboardRow) =>
    a.label.localeCompare(b.label, 'en') || a.owner.localeCompare(b.owner, 'en');
  const struckLast = (a: LeaderboardRow, b: LeaderboardRow) =>
    Number(a.struckReason !== null) - Number(b.struckReason !== null);
  const column = SCORE_COLUMNS.find((c) => c.id === sort.column);
  if (column === undefined) return [...rows].sort((a, b) => struckLast(a, b) || factor * byLabel(a, b));
  return [...rows].sort((a, b) => {
    const struck = struckLast(a, b);
    if (struck !== 0) return struck;
    const x = valueIn(a, column);
    const y = valueIn(b, column);
    if (x === null && y === null) return absentOrder(a) - absentOrder(b) || byLabel(a, b);
    if (x === null) return 1;
    if (y === null) return -1;
    return factor * (x - y) || byLabel(a, b);
  });
}

export const MODEL_COLUMN = 'model';

/** The sort that the address asks for; the default for anything it does not know. */
export function sortFrom(params: URLSearchParams, defaultColumn: string): Sort {
  const asked = params.get('sort');
  const known = asked === MODEL_COLUMN || SCORE_COLUMNS.some((c) => c.id === asked);
  const column = known && asked !== null ? asked : defaultColumn;
  const direction = params.get('dir');
  return { column, direction: direction === 'asc' || direction === 'desc' ? direction : firstDirection(column) };
}

/** Names start at A, numbers at the largest. */
const firstDirection = (column: string): Direction => (column === MODEL_COLUMN ? 'asc' : 'desc');

/** A click on a header: the other direction of the present column, the first of another. */
export const toggled = (sort: Sort, column: string): Sort =>
  sort.column === column
    ? { column, direction: sort.direction === 'asc' ? 'desc' : 'asc' }
    : { column, direction: firstDirection(column) };

/** The address for a sort, with what else stands there; a default is left out. */
export function withSort(params: URLSearchParams, sort: Sort, defaultColumn: string): URLSearchParams {
  const next = new URLSearchParams(params);
  next.delete('sort');
  next.delete('dir');
  if (sort.column !== defaultColumn) next.set('sort', sort.column);
  if (sort.direction !== firstDirection(sort.column)) next.set('dir', sort.direction);
  return next;
}
