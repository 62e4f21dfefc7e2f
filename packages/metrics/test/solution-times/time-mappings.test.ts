import { describe, expect, it } from 'vitest';
import { clockWindows, holdWeights, nearestStartWeights, overlapWeights } from '../../src/index.js';

const bins = (from: number, to: number, step = 10) =>
  Array.from({ length: (to - from) / step }, (_, i) => ({ startMs: from + i * step, endMs: from + (i + 1) * step }));
const listed = (weights: (Float64Array | null)[]) => weights.map((w) => w && [...w]);
/** The one step of each bin. */
const steps = (weights: (Float64Array | null)[]) =>
  weights.map((w) => {
    expect(w!.filter((value) => value !== 0)).toEqual(Float64Array.of(1));
    return w!.indexOf(1);
  });

describe('nearestStartWeights', () => {
  it('reads CORnet’s clock (from 100 ms, 100 ms a step) as Brain-Score: bins up to 150 ms take step 0 (exact)', () => {
    const windows = clockWindows({ onsetMs: 100, stepMs: 100 }, 2);
    // 70, 80 .. 150 are nearer to 100 or as near: the first on ties; 160 .. 240 to 200.
    expect(steps(nearestStartWeights(windows, bins(70, 250)))).toEqual([
      ...new Array(9).fill(0),
      ...new Array(9).fill(1),
    ]);
  });

  it('takes the first of equally near starts whatever the binary fractions of the clock (exact)', () => {
    const windows = clockWindows({ onsetMs: 70.1, stepMs: 0.2 }, 3);
    // In doubles 70.3 - 70.2 and 70.2 - 70.1 differ.
    expect(steps(nearestStartWeights(windows, [{ startMs: 70.2, endMs: 80 }]))).toEqual([0]);
    expect(steps(nearestStartWeights(windows, [{ startMs: 70.4, endMs: 80 }]))).toEqual([1]);
  });

  it('reaches every bin, before the first step and past the last (exact)', () => {
    const windows = clockWindows({ onsetMs: 100, stepMs: 10 }, 2);
    expect(steps(nearestStartWeights(windows, bins(0, 300, 50)))).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it('is null without a window (exact)', () => {
    expect(nearestStartWeights([], bins(70, 80))).toEqual([null]);
  });
});

describe('holdWeights', () => {
  it('is overlap, and the last step from where it ends (exact)', () => {
    const windows = clockWindows({ onsetMs: 100, stepMs: 15 }, 2);
    expect(listed(holdWeights(windows, bins(80, 150)))).toEqual([
      null,
      null,
      [1, 0],
      [0.5, 0.5],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  it('holds CORnet’s second step to the end of a longer recording (exact)', () => {
    const windows = clockWindows({ onsetMs: 100, stepMs: 100 }, 2);
    const held = holdWeights(windows, bins(70, 400));
    expect(held.slice(0, 3)).toEqual([null, null, null]);
    expect(steps(held.slice(3))).toEqual([...new Array(10).fill(0), ...new Array(20).fill(1)]);
  });

  it('is overlap where the clock covers the bins (exact)', () => {
    const windows = clockWindows({ onsetMs: 70, stepMs: 36 }, 5);
    expect(holdWeights(windows, bins(70, 250))).toEqual(overlapWeights(windows, bins(70, 250)));
  });

  it('leaves a gap between explicit windows empty, and holds the window that ends last (exact)', () => {
    const windowsMs: [number, number][] = [
      [70, 130],
      [80, 90],
      [150, 160],
      [155, 160],
    ];
    const held = listed(holdWeights(clockWindows({ windowsMs }, 4), bins(130, 190)));
    expect(held.slice(0, 2)).toEqual([null, null]);
    expect(held.slice(3)).toEqual([
      [0, 0, 0, 1],
      [0, 0, 0, 1],
      [0, 0, 0, 1],
    ]);
  });

  it('is null without a window (exact)', () => {
    expect(holdWeights([], bins(70, 80))).toEqual([null]);
  });
});
