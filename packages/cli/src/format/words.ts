import type { AbsenceReason, FailureKind, RunStatus, Score } from '@corescore/contracts';

/** Why there is no number, in words. Absent is never 0. */
export const REASONS: Record<AbsenceReason, string> = {
  not_temporal: 'not temporal',
  never_solved: 'never solved',
  undefined: 'undefined',
  no_ceiling: 'no ceiling',
  no_readout: 'no read-out',
  not_run: 'not run',
  failed: 'failed',
  withheld: 'withheld',
};

export const STAGES: Record<RunStatus, string> = {
  queued: 'waiting in the queue',
  extracting: 'running the model',
  scoring: 'decoding and scoring',
  scored: 'scored',
  failed: 'failed',
  cancelled: 'cancelled',
};

export const FAILURES: Record<FailureKind, string> = {
  model_error: 'the model failed',
  contract_violation: 'the model broke its contract',
  out_of_memory: 'the model ran out of memory',
  timeout: 'the model ran over its time limit',
  infrastructure: 'the service failed',
};

/** Digits after the point by unit: what the interval can carry, no more. */
const DIGITS: Record<string, number> = { ms: 1, images: 0, values: 0, rho: 3, fraction: 3, p: 4, steps: 2 };
/** Units that are read off the metric's name. */
const SILENT = new Set(['rho', 'fraction', 'p', 'images', 'values', 'r', 'c-index']);

/** Never a power of ten, as 999.9 becomes with `toPrecision`. */
const threeDigits = (value: number): string => (value < 999.5 ? value.toPrecision(3) : String(Math.round(value)));

/** 1814073344 -> "1.81 G" */
export function formatCount(value: number): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return power === 0 ? String(value) : `${threeDigits(value / 1000 ** power)} ${'kMGT'[power - 1]}`;
}

export function formatNumber(value: number, unit: string): string {
  const digits = DIGITS[unit] ?? 3;
  const text = value.toFixed(digits);
  // "-0.00" would suggest a sign that the digits do not show.
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

/** `0.869 [0.830, 0.901]`, `0.564 ± 0.006, ceiled 0.345`, `26.8 ms [20.1, 33.9]`, or the reason for the absence. */
export function formatValue(score: Score): string {
  if (score.value === null) return score.reason === undefined ? 'absent' : REASONS[score.reason];
  const unit = SILENT.has(score.unit) ? '' : ` ${score.unit}`;
  const interval =
    score.low === undefined || score.high === undefined
      ? ''
      : ` [${formatNumber(score.low, score.unit)}, ${formatNumber(score.high, score.unit)}]`;
  const error = score.error === undefined ? '' : ` ± ${formatNumber(score.error, score.unit)}`;
  const ceiled = score.ceiled === undefined ? '' : `, ceiled ${formatNumber(score.ceiled, score.unit)}`;
  return `${formatNumber(score.value, score.unit)}${unit}${interval}${error}${ceiled}`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function formatSeconds(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
