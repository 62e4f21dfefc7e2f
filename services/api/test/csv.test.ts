import { expect, test } from 'vitest';
import { csv } from '../src/csv.js';

test('quotes what would break a cell, leaves absent values empty', () => {
  expect(
    csv(
      ['id', 'value'],
      [
        ['a,b', 0],
        ['say "no"', null],
        ['two\nlines', -1.5],
      ],
    ),
  ).toBe('id,value\r\n"a,b",0\r\n"say ""no""",\r\n"two\nlines",-1.5\r\n');
});

test('a text that a spreadsheet would run is defused, a negative number stays one', () => {
  expect(csv(['x'], [['=1+1'], [-2]])).toBe("x\r\n'=1+1\r\n-2\r\n");
});
