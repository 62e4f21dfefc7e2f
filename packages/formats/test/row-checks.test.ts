import { describe, expect, it } from 'vitest';
import { type RowCheckOptions, RowChecks } from '../src/activations/row-checks.js';

const about = { name: 'IT', field: '/regions/IT', firstStep: 0 };

/** rows[step][image][feature], given to the checks two images at a time, as batches come. */
function check(rows: number[][][], options: Partial<RowCheckOptions> = {}): RowChecks {
  const stimuli = rows[0]!.length;
  const features = rows[0]![0]!.length;
  const checks = new RowChecks({ ...about, steps: rows.length, features, stimuli, ...options });
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

describe('the image is seen', () => {
  // What is skipped once a step has been seen to depend on the image must not change the answer.
  it('where the largest difference exceeds 1e-5 of the largest magnitude, of all images together', () => {
    let state = 3;
    const random = (): number => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    let seenBy = 0;
    for (let trial = 0; trial < 1000; trial++) {
      // One large feature, mostly the same for all images, beside one that varies by about 1e-5 of it.
      const amplitude = 10 ** (-6 + 2 * random());
      const images = Array.from({ length: 6 }, () => {
        const jump = random() < 0.05 ? 1 + 10 ** (-6 + 6 * random()) : 1;
        return Float32Array.of(1000 * jump, 1000 * amplitude * random());
      });
      const checks = new RowChecks({ ...about, steps: 1, features: 2, stimuli: 6 });
      images.forEach((image, i) => {
        checks.add(0, i, image);
      });
      const values = images.flatMap((image) => [...image]);
      const difference = Math.max(...values.map((value, at) => Math.abs(value - images[0]![at % 2]!)));
      const expected = difference > 1e-5 * Math.max(...values.map(Math.abs));
      expect(checks.imageFrom).toBe(expected ? 0 : null);
      if (expected) seenBy++;
    }
    expect(seenBy).toBeGreaterThan(300);
    expect(seenBy).toBeLessThan(900);
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
        field: '/regions/IT',
        message: expect.stringMatching(/^IT is (NaN|infinite) at step 1 of 2, image 2, feature 1/),
      }),
    );
  });

  it.each([0, 1, 2, 3, 4])('finds a value that is not finite behind images that differ, feature %d', (bad) => {
    const image = (i: number) => Float32Array.from({ length: 5 }, (_, f) => 10 * i + f);
    const checks = new RowChecks({ ...about, steps: 1, features: 5, stimuli: 3 });
    checks.add(0, 0, image(0));
    checks.add(0, 1, image(1));
    expect(() => checks.add(0, 2, image(2).fill(Number.NaN, bad, bad + 1))).toThrowError(
      expect.objectContaining({ message: expect.stringContaining(`NaN at step 0 of 1, image 2, feature ${bad} `) }),
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
