import { expect, test } from 'vitest';
import { throttled } from '../src/jobs/throttle.js';

test('one report in the interval, and always the last one', () => {
  let now = 0;
  const seen: number[] = [];
  const report = throttled(
    100,
    () => now,
    (done) => seen.push(done),
  );
  for (let done = 1; done <= 10; done++) {
    report(done, 10);
    now += 30;
  }
  expect(seen).toEqual([1, 5, 9, 10]);
});
