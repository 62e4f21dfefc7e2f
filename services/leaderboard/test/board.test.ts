import type { LeaderboardRow } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import { SCORE_COLUMNS } from '../src/board/columns.js';
import { type Sort, sortFrom, sortRows, toggled, withSort } from '../src/board/sort.js';
import { leaderboard } from './support/fixtures.js';

const order = (sort: Sort, rows: readonly LeaderboardRow[] = leaderboard.rows) =>
  sortRows(rows, sort).map((r) => r.name);
const DEFAULT = 'ost_rho_partial';

describe('the order of the board', () => {
  test('is by the partial correlation, reference rows in their place, absent scores last', () => {
    expect(order({ column: DEFAULT, direction: 'desc' })).toEqual([
      'simulated-it',
      'null-feed-forward-ramp',
      'null-threshold-only',
      'bl-64',
      'bl-64-native',
      'ff-64',
      'ffdeep-64',
      'null-difficulty-look-up',
      'growing-net',
      'waiting-net',
      'huge-net',
      'old-net',
    ]);
  });

  test('keeps absent scores last in the other direction', () => {
    const names = order({ column: DEFAULT, direction: 'asc' });
    expect(names[0]).toBe('bl-64-native');
    expect(names.slice(-7)).toEqual(order({ column: DEFAULT, direction: 'desc' }).slice(-7));
  });

  test('puts what is struck through below all others, by whatever it goes', () => {
    for (const column of ['model', ...SCORE_COLUMNS.map((c) => c.id)]) {
      for (const direction of ['asc', 'desc'] as const) expect(order({ column, direction }).at(-1)).toBe('old-net');
    }
  });

  test('goes by the column asked for', () => {
    expect(order({ column: 'accuracy_challenge', direction: 'desc' }).slice(0, 2)).toEqual([
      'simulated-it',
      'ffdeep-64',
    ]);
    expect(order({ column: 'model', direction: 'asc' })[0]).toBe('bl-64');
    expect(order({ column: 'model', direction: 'desc' })[0]).toBe('waiting-net');
  });

  test('does not change the rows it is given', () => {
    const before = leaderboard.rows.map((r) => r.name);
    sortRows(leaderboard.rows, { column: DEFAULT, direction: 'asc' });
    expect(leaderboard.rows.map((r) => r.name)).toEqual(before);
  });
});

describe('the sort in the address', () => {
  test('is the default where nothing or nonsense stands there', () => {
    for (const query of ['', 'sort=nonsense', 'sort=nonsense&dir=up']) {
      expect(sortFrom(new URLSearchParams(query), DEFAULT)).toEqual({ column: DEFAULT, direction: 'desc' });
    }
  });

  test('comes back as it was written, beside what else stands there', () => {
    for (const column of ['model', ...SCORE_COLUMNS.map((c) => c.id)]) {
      for (const direction of ['asc', 'desc'] as const) {
        const written = withSort(new URLSearchParams('benchmark=a%401&sort=delay'), { column, direction }, DEFAULT);
        expect(sortFrom(written, DEFAULT)).toEqual({ column, direction });
        expect(written.get('benchmark')).toBe('a@1');
      }
    }
  });

  test('leaves the default out', () => {
    const params = new URLSearchParams('sort=delay&dir=asc');
    expect(withSort(params, { column: DEFAULT, direction: 'desc' }, DEFAULT).toString()).toBe('');
  });

  test('a header turns its own direction, another column starts with its first', () => {
    const sort: Sort = { column: DEFAULT, direction: 'desc' };
    expect(toggled(sort, DEFAULT)).toEqual({ column: DEFAULT, direction: 'asc' });
    expect(toggled(sort, 'delay')).toEqual({ column: 'delay', direction: 'desc' });
    expect(toggled(sort, 'model')).toEqual({ column: 'model', direction: 'asc' });
  });
});
