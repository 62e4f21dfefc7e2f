import { describe, expect, it } from 'vitest';
import { type RowCheckOptions, RowChecks } from '../src/row-checks.js';

/** rows[step][image][feature], given to the checks two images at a time, as batches come. */
function check(rows: number[][][], options: Partial<RowCheckOptions> = {}): RowChecks {
  const stimuli = rows[0]!.length;
  const features = rows[0]![0]!.length;
  const about = { name: 'IT', field: '/regions/IT', steps: rows.length, features, stimuli, firstStep: 0, ...options };
  const checks = new RowChecks(about);
  for (let start = 0; start < stimuli; start += 2) {
    rows.forEach((images, step) => {
      checks.add(step, start, Float32Array.from(images.slice(start, start + 2).flat()));
    });
  }
  checks.finish(true);
  return checks;
}

const seen = [
  [1, 2],
  [1, 3],
  [1, 4],
];
const still = [
  [5, 6],
  [5, 6],
  [5, 6],
];

describe('temporal', () => {
  it('is true when any image changes between two steps', () => {
    expect(check([seen, [...seen.slice(0, 2), [1, 4.5]]]).temporal).toBe(true);
  });
  it('is false when every step repeats the one before', () => {
    expect(check([seen, seen, seen]).temporal).toBe(false);
  });
  it('is false for one step', () => {
    expect(check([seen]).temporal).toBe(false);
  });
  it('does not count changes before the first step of the clock', () => {
    expect(check([still, seen, seen], { firstStep: 1 }).temporal).toBe(false);
  });
});

describe('refusals', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('names the place of %d', (value) => {
    expect(() =>
      check([
        seen,
        [
          [1, 2],
          [1, 3],
          [1, value],
        ],
      ]),
    ).toThrowError(
      expect.objectContaining({
        code: 'activations_not_finite',
        kind: 'contract_violation',
        field: '/regions/IT',
        message: expect.stringMatching(/^IT is (NaN|infinite) at step 1 of 2, image 2, feature 1/),
      }),
    );
  });

  it('refuses a region that does not depend on the image', () => {
    expect(() => check([still, still])).toThrowError(
      expect.objectContaining({ code: 'activations_constant', field: '/regions/IT' }),
    );
  });

  it('takes differences of rounding for none', () => {
    const rounded = [
      [5, 6],
      [5, 6.000001],
      [5, 6],
    ];
    expect(() => check([rounded])).toThrowError(expect.objectContaining({ code: 'activations_constant' }));
  });

  it('cannot tell from a single image', () => {
    expect(() => check([[[1, 2]], [[1, 2]]])).not.toThrow();
  });

  it('finds a clock that starts too early, and says where it must start', () => {
    expect(() => check([still, seen, seen])).toThrowError(
      expect.objectContaining({
        code: 'first_step_mismatch',
        field: '/clock/firstStep',
        message: expect.stringContaining('only from step 1 on, but the clock starts at step 0'),
        remedy: expect.stringContaining('firstStep to 1'),
      }),
    );
  });

  it('finds a clock that starts too late', () => {
    expect(() => check([seen, seen, seen], { firstStep: 1 })).toThrowError(
      expect.objectContaining({ code: 'first_step_mismatch', remedy: expect.stringContaining('firstStep to 0') }),
    );
  });

  it('finds a clock that starts behind the last step', () => {
    expect(() => check([seen, seen], { firstStep: 2 })).toThrowError(
      expect.objectContaining({ code: 'first_step_mismatch', remedy: expect.stringContaining('at most 1') }),
    );
  });
});
