import { RandomState } from '../../src/index.js';
import { fixture } from '../fixtures.js';

export interface MadeData {
  seed: number;
  n: number;
  f: number;
  classes: number;
  signal: number;
}

/** Expected of the test rows, n*classes row-major. */
interface Expected {
  name: string;
  decisions: number[];
  probabilities: number[];
}

type Case = MadeData & Expected;

const stored = fixture('decoders');
export const softmaxCases = stored.softmax as (Case & { c: number; penaliseIntercept: boolean })[];
export const nestedCases = stored.nested as (Case & { c: number })[];
export const adamCases = stored.adam as (Case & { lam: number; aligned: number; entropy: number; steps: number })[];

export interface Images {
  x: Float32Array;
  n: number;
  f: number;
  labels: Int32Array;
  classes: number;
}

/** The data of `make_decoders.py`, number for number: the first two thirds of the rows train. */
export function madeData({ seed, n, f, classes, signal }: MadeData): { train: Images; test: Images } {
  const random = new RandomState(seed);
  const labels = Int32Array.from({ length: n }, (_, i) => i % classes);
  const x = Float32Array.from({ length: n * f }, () => Math.floor(random.rand() * 129) / 16);
  for (let i = 0; i < n; i++) for (let j = 0; j < f; j++) if (j % classes === labels[i]) x[i * f + j] += signal;
  const cut = Math.floor((n * 2) / 3);
  const part = (from: number, to: number): Images => ({
    x: x.slice(from * f, to * f),
    n: to - from,
    f,
    labels: labels.slice(from, to),
    classes,
  });
  return { train: part(0, cut), test: part(cut, n) };
}

/** The rows in this order; a row may come more than once. */
export function pick({ x, f, labels, classes }: Images, rows: ArrayLike<number>): Images {
  const out = new Float32Array(rows.length * f);
  for (let at = 0; at < rows.length; at++) out.set(x.subarray(rows[at] * f, (rows[at] + 1) * f), at * f);
  return { x: out, n: rows.length, f, labels: Int32Array.from(rows, (row) => labels[row]), classes };
}

export const reversed = (images: Images): Images => pick(images, Array.from(images.labels.keys()).reverse());
