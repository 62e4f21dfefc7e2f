import { type Clock, CorescoreError } from '@corescore/contracts';

/** [startMs, endMs) after image onset. */
export interface TimeWindow {
  startMs: number;
  endMs: number;
}

/**
 * The windows of the steps `firstStep` .. `steps` - 1 (METRICS 6): steps before `firstStep` are recorded, never scored.
 *
 * @param steps recorded steps, those before `firstStep` included
 * @throws CorescoreError `first_step_mismatch` when the clock does not fit `steps`, `invalid_manifest` for a window that
 *   is empty or starts before the one before it
 */
export function clockWindows(clock: Clock, steps: number): TimeWindow[] {
  const firstStep = clock.firstStep ?? 0;
  const scored = steps - firstStep;
  if (scored < 1) {
    throw new CorescoreError(
      'first_step_mismatch',
      `The clock starts at step ${firstStep}, but there are ${steps} steps.`,
      {
        field: '/clock/firstStep',
        remedy: `Set firstStep to at most ${steps - 1}: steps are counted from 0.`,
      },
    );
  }
  if ('onsetMs' in clock) {
    return Array.from({ length: scored }, (_, i) => ({
      startMs: clock.onsetMs + i * clock.stepMs,
      endMs: clock.onsetMs + (i + 1) * clock.stepMs,
    }));
  }
  if (clock.windowsMs.length !== scored) {
    throw new CorescoreError(
      'first_step_mismatch',
      `The clock has ${clock.windowsMs.length} windows for ${scored} steps (${steps} recorded, the first scored is step ${firstStep}).`,
      { field: '/clock/windowsMs', remedy: `Give ${scored} windows, one for each step from firstStep on.` },
    );
  }
  return clock.windowsMs.map(([startMs, endMs], i) => {
    if (!(endMs > startMs) || (i > 0 && startMs < clock.windowsMs[i - 1][0])) {
      throw new CorescoreError(
        'invalid_manifest',
        `Window ${i} of the clock, ${startMs} to ${endMs} ms, is empty or out of order.`,
        {
          field: `/clock/windowsMs/${i}`,
          remedy: 'Give [start, end) pairs with start < end, in order of time.',
        },
      );
    }
    return { startMs, endMs };
  });
}

const UNITS_PER_MS = 1e6;

/**
 * Mapping `overlap` (METRICS 6): per bin the milliseconds of each step's window that the bin covers, divided by their
 * sum. Overlaps are counted in whole nanoseconds: the quotients of equal mixtures are then bit-equal, and such bins can
 * be decoded once.
 *
 * @returns weights[bin][window], or null for a bin that the windows do not reach
 */
export function overlapWeights(windows: readonly TimeWindow[], bins: readonly TimeWindow[]): (Float64Array | null)[] {
  return bins.map((bin) => {
    const weights = Float64Array.from(windows, (window) =>
      Math.max(
        0,
        Math.round((Math.min(window.endMs, bin.endMs) - Math.max(window.startMs, bin.startMs)) * UNITS_PER_MS),
      ),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return sum === 0 ? null : weights.map((w) => w / sum);
  });
}
