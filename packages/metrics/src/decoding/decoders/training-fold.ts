import { CorescoreError } from '@corescore/contracts';
import { notFinite, standardisePool } from '../fold-gram.js';

/** A training fold that can be decoded: its features standardised, every class present. */
export interface TrainingFold {
  /** n*f row-major. */
  z: Float32Array;
  n: number;
  f: number;
  labels: Int32Array;
  classes: number;
  standardise: Standardise;
}

/** Raw features, n*f row-major, in units of the training fold's mean and deviation. */
export type Standardise = (x: Float32Array, n: number) => Float32Array;

/** Checks and standardises (METRICS 2: ddof 0; std 0 -> 1, in raw units). Errors as `Decoder.fit`. */
export function trainingFold(x: Float32Array, n: number, f: number, labels: Int32Array, classes: number): TrainingFold {
  if (labels.length !== n) throw new RangeError(`${labels.length} labels for ${n} images`);
  if (classes < 2 || labels.some((label) => label < 0 || label >= classes)) {
    throw new RangeError(`labels run from 0 to ${classes - 1}, two classes at least`);
  }
  const missing = classCounts(labels, classes).indexOf(0);
  if (missing >= 0) {
    throw new CorescoreError(
      'metric_undefined',
      `Class ${missing} has no training image: its decoder is not defined.`,
      {
        field: 'labels',
        remedy: 'Give each class images in the training fold: stratify the folds by class, or use fewer folds.',
      },
    );
  }
  const standardise = standardiser(x, n, f);
  return { z: standardise(x, n), n, f, labels, classes, standardise };
}

export function classCounts(labels: Int32Array, classes: number): Int32Array {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label]++;
  return counts;
}

function standardiser(x: Float32Array, n: number, f: number): Standardise {
  if (x.length !== n * f) throw new RangeError(`x has ${x.length} values, not ${n} x ${f}`);
  const { mean, scale: varying } = standardisePool(x, n, f);
  const scale = varying.map((value) => (value === 0 ? 1 : value));
  return (raw, rows) => {
    if (raw.length !== rows * f) throw new RangeError(`x has ${raw.length} values, not ${rows} x ${f}`);
    const z = new Float32Array(rows * f);
    for (let i = 0; i < rows; i++) {
      const bad = standardiseRow(raw, i * f, mean, scale, z);
      if (bad >= 0) throw notFinite(raw, rows, f, bad);
    }
    return z;
  };
}

/** @returns the first feature that is not finite, -1 where all are */
function standardiseRow(
  x: Float32Array,
  from: number,
  mean: Float64Array,
  scale: Float64Array,
  z: Float32Array,
): number {
  for (let j = 0, at = from; j < mean.length; j++, at++) {
    const value = (x[at] - mean[j]) * scale[j];
    if (value - value !== 0) return j;
    z[at] = value;
  }
  return -1;
}
