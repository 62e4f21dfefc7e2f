/** What is timed of ours: each job on the arrays that the bench wrote. */
import type { Kernels } from '@corescore/linalg';
import { decode, foldSplits, plsPredict, pooledGram, SoftmaxDecoder } from '@corescore/metrics';
import { CLASSES } from './data.js';

export interface Arrays {
  x: Float32Array;
  n: number;
  f: number;
  /** Labels of the images, or responses of n*sites. */
  y: Float32Array;
  fold: Int32Array;
}

export interface Done {
  /** What the peer's is compared with. */
  value: number[][];
  note: string;
  /** What the seconds are divided by: folds or splits. */
  per: number;
  /** CPU seconds of the solver alone, where the peer's can be told apart too. */
  solver?: number;
}

export const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const C = 1e-3;
/** Brain-Score's weight of the read-out that stands for an SVM. */
const LAMBDA = 0.463;
/** Rows of the first fold that are compared. */
const COMPARED = 5;

const rowsOf = (fold: Int32Array, inside: boolean): Int32Array =>
  Int32Array.from(fold.keys()).filter((i) => (fold[i] === 0) === inside);

function take({ x, f }: Arrays, rows: Int32Array): Float32Array {
  const out = new Float32Array(rows.length * f);
  rows.forEach((i, at) => {
    out.set(x.subarray(i * f, (i + 1) * f), at * f);
  });
  return out;
}

export const JOBS = {
  async gram({ x, n, f }: Arrays, kernels: Kernels): Promise<Done> {
    const g = await kernels.gram(x, n, f, null);
    return { value: [[g[0], g[1], g[n * n - 2]]], note: '', per: 1 };
  },

  /** All folds; the peer does some of them. */
  async svm({ x, n, f, y, fold }: Arrays, kernels: Kernels): Promise<Done> {
    const labels = Int32Array.from(y);
    const { decisions, maxGap } = await decode({ x, n, f, labels, classes: CLASSES, folds: [fold], c: C }, kernels);
    const predicted = Array.from(rowsOf(fold, true), (i) => {
      const row = decisions[0].subarray(i * CLASSES, (i + 1) * CLASSES);
      return row.indexOf(Math.max(...row));
    });
    return { value: [predicted], note: `gap ${maxGap.toExponential(1)}`, per: new Set(fold).size };
  },

  /** All splits; the peer does the first. */
  async pls({ x, n, f, y, fold }: Arrays, kernels: Kernels): Promise<Done> {
    const m = y.length / n;
    const splits = foldSplits(fold, new Set(fold).size);
    const gram = await pooledGram(x, n, f, kernels);
    const { predictions, iterations } = await plsPredict(gram, { y: Float64Array.from(y), n, m }, splits);
    const first = Array.from({ length: COMPARED }, (_, i) => [...predictions[0].subarray(i * m, (i + 1) * m)]);
    return { value: [...first, iterations[0]], note: '', per: splits.length };
  },

  /** The first fold: standardisation, Gram, solver. */
  async softmax(arrays: Arrays, kernels: Kernels): Promise<Done> {
    const train = rowsOf(arrays.fold, false);
    const labels = Int32Array.from(train, (i) => arrays.y[i]);
    let solving = 0;
    const marking: Kernels = {
      ...kernels,
      async gram(...of) {
        const g = await kernels.gram(...of);
        solving = cpuSeconds();
        return g;
      },
    };
    const decoder = new SoftmaxDecoder({ lambda: LAMBDA, penaliseIntercept: false });
    const fitted = await decoder.fit(take(arrays, train), train.length, arrays.f, labels, CLASSES, marking);
    const solver = cpuSeconds() - solving;
    const held = rowsOf(arrays.fold, true).subarray(0, COMPARED);
    const probabilities = fitted.probability(take(arrays, held), held.length);
    const value = Array.from(held, (_, i) => [...probabilities.subarray(i * CLASSES, (i + 1) * CLASSES)]);
    return { value, note: `gradient ${fitted.convergence.value.toExponential(1)}`, per: 1, solver };
  },
};

export type Job = keyof typeof JOBS;
