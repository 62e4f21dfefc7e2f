import { CorescoreError } from '@corescore/contracts';
import { notFinite } from '../fold-gram.js';

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
  checkFeatures(x, n, f);
  const standardise = standardiser(x, n, f);
  return { z: standardise(x, n), n, f, labels, classes, standardise };
}

export function classCounts(labels: Int32Array, classes: number): Int32Array {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label]++;
  return counts;
}

function checkFeatures(x: Float32Array, n: number, f: number): void {
  if (x.length !== n * f) throw new RangeError(`x has ${x.length} values, not ${n} x ${f}`);
  const bad = x.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw notFinite(x, n, f, bad % f);
}

function standardiser(x: Float32Array, n: number, f: number): Standardise {
  const mean = new Float64Array(f);
  const varies = new Uint8Array(f);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < f; j++, at++) {
      mean[j] += x[at] / n;
      if (x[at] !== x[j]) varies[j] = 1;
    }
  }
  const scale = new Float64Array(f);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < f; j++, at++) scale[j] += (x[at] - mean[j]) ** 2 / n;
  // The sums of a constant feature need not be exact, its standardised values are.
  for (let j = 0; j < f; j++) {
    if (varies[j] === 0) mean[j] = x[j];
    scale[j] = varies[j] === 0 ? 1 : 1 / Math.sqrt(scale[j]);
  }
  return (raw, rows) => {
    checkFeatures(raw, rows, f);
    const z = new Float32Array(rows * f);
    for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < f; j++, at++) z[at] = (raw[at] - mean[j]) * scale[j];
    return z;
  };
}
