import { CorescoreError } from '@corescore/contracts';

/** @throws CorescoreError `metric_undefined` for fewer of `what` (images, groups) than folds */
export function refuseFewerThan(k: number, have: number, what: string): void {
  if (!Number.isInteger(k) || k < 2) throw new RangeError(`folds: k is a whole number of at least 2, not ${k}`);
  if (have >= k) return;
  throw new CorescoreError('metric_undefined', `${have} ${what} cannot be dealt to ${k} folds.`, {
    field: 'folds',
    remedy: `Use at most ${have} folds, or more ${what}.`,
  });
}
