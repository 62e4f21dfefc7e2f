import { describe, expect, it } from 'vitest';
import { clockWindows, overlapWeights } from '../../src/index.js';

const bins = (from: number, to: number, step = 10) =>
  Array.from({ length: (to - from) / step }, (_, i) => ({
    startMs: from + i * step,
    endMs: from + (i + 1) * step,
  }));

describe('clockWindows', () => {
  it('starts the first scored step at onsetMs (exact)', () => {
    expect(clockWindows({ onsetMs: 70, stepMs: 36, firstStep: 2 }, 4)).toEqual([
      { startMs: 70, endMs: 106 },
      { startMs: 106, endMs: 142 },
    ]);
  });

  it('takes explicit windows (exact)', () => {
    const windowsMs: [number, number][] = [
      [70, 100],
      [90, 200],
    ];
    expect(clockWindows({ windowsMs, firstStep: 1 }, 3)).toEqual([
      { startMs: 70, endMs: 100 },
      { startMs: 90, endMs: 200 },
    ]);
  });

  it('names the field of a clock that does not fit', () => {
    expect(() => clockWindows({ onsetMs: 0, stepMs: 10, firstStep: 5 }, 5)).toThrow(
      expect.objectContaining({ code: 'first_step_mismatch', field: '/clock/firstStep' }),
    );
    expect(() => clockWindows({ windowsMs: [[0, 10]] }, 2)).toThrow(
      expect.objectContaining({ code: 'first_step_mismatch', field: '/clock/windowsMs' }),
    );
    expect(() => clockWindows({ windowsMs: [[10, 10]] }, 1)).toThrow(
      expect.objectContaining({ code: 'invalid_manifest', field: '/clock/windowsMs/0' }),
    );
    const backwards: [number, number][] = [
      [50, 60],
      [40, 50],
    ];
    expect(() => clockWindows({ windowsMs: backwards }, 2)).toThrow('out of order');
  });
});

describe('overlapWeights', () => {
  it('shares a bin by the milliseconds of each window in it (exact)', () => {
    const windows = clockWindows({ onsetMs: 70, stepMs: 36 }, 5);
    const weights = overlapWeights(windows, bins(70, 250)).map((w) => [...w!]);
    expect(weights[0]).toEqual([1, 0, 0, 0, 0]);
    expect(weights[3]).toEqual([0.6, 0.4, 0, 0, 0]);
    expect(weights[17]).toEqual([0, 0, 0, 0, 1]);
  });

  it('is null for a bin that the windows do not reach, whole for one they reach in part (exact)', () => {
    const weights = overlapWeights([{ startMs: 100, endMs: 125 }], bins(90, 140));
    expect(weights.map((w) => w && [...w])).toEqual([null, [1], [1], [1], null]);
  });

  it('gives bins with the same mixture bit-equal weights whatever the binary fractions of the clock (exact)', () => {
    const windows = clockWindows({ onsetMs: 70.1, stepMs: 100 / 3 }, 30);
    const weights = overlapWeights(windows, bins(70, 1070));
    // 100 ms later, three windows later: the same mixture.
    for (let bin = 11; bin < 90; bin++) {
      expect([...weights[bin + 10]!].slice(3).join()).toBe([...weights[bin]!].slice(0, -3).join());
    }
  });
});
