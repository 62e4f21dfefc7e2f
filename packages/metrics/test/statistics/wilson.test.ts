import { expect, test } from 'vitest';
import { wilson } from '../../src/index.js';

test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
  [29, 29, 0.883, 1],
])('Wilson interval of %i of %i, as in Newcombe 1998, table I', (correct, n, low, high) => {
  const interval = wilson(correct, n);
  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
});
