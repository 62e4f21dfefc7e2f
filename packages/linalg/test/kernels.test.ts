import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createKernels,
  createOrtKernels,
  describeKernels,
  invertPositive,
  type Kernels,
  referenceKernels,
} from '../src/index.js';

/** Deterministic values of size 1, no two rows alike. */
const values = (length: number, phase: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i + phase) + 0.3 * Math.cos(0.013 * i * i));

function naive(x: Float32Array, n: number, f: number, w: Float64Array | null): Float64Array {
  const g = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < f; k++) g[i * n + j] += (w === null ? 1 : w[k]) * x[i * f + k] * x[j * f + k];
  return g;
}

let ort: Awaited<ReturnType<typeof createOrtKernels>>;
beforeAll(async () => {
  ort = await createOrtKernels({ threads: 1 });
});
afterAll(() => ort.dispose());

describe.each<[string, () => Kernels]>([
  ['typescript', () => referenceKernels],
  ['onnxruntime', () => ort],
])('kernels: %s', (name, kernels) => {
  it('says its name', () => expect(kernels().name).toBe(name));

  // Odd sizes, one row, one column, more rows than a panel, more columns than a block.
  it.each([
    [1, 1],
    [2, 3],
    [7, 1],
    [5, 64],
    [33, 17],
    [200, 9],
    [3, 2500],
  ])('gram of %i x %i equals the sum of products, weighted or not (1e-12 of the largest)', async (n, f) => {
    const x = values(n * f, n + f);
    for (const w of [null, Float64Array.from({ length: f }, (_, k) => (k % 3) * 0.5)]) {
      const expected = naive(x, n, f, w);
      const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-30);
      const g = await kernels().gram(x, n, f, w);
      expect(g.length).toBe(n * n);
      expect(Math.max(...g.map((v, i) => Math.abs(v - expected[i]) / largest))).toBeLessThan(1e-12);
    }
  });

  it('gram is exactly symmetric', async () => {
    const n = 210;
    const g = await kernels().gram(values(n * 5, 0), n, 5, null);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(g[i * n + j]).toBe(g[j * n + i]);
  });

  it('does not change its arguments and serves calls side by side', async () => {
    const x = values(40 * 6, 1);
    const kept = x.slice();
    const [a, b] = await Promise.all([kernels().gram(x, 40, 6, null), kernels().gram(x, 40, 6, null)]);
    expect(a).toEqual(b);
    expect(x).toEqual(kept);
  });

  it('refuses arrays of the wrong length', async () => {
    await expect(kernels().gram(new Float32Array(5), 2, 3, null)).rejects.toThrow('x has 5 values, not 2 x 3');
    await expect(kernels().gram(new Float32Array(6), 2, 3, new Float64Array(2))).rejects.toThrow('2 weights for 3');
    await expect(kernels().gram(new Float32Array(0), 0, 3, null)).rejects.toThrow('at least one row');
  });

  const doubles = (length: number, phase: number) => Float64Array.from(values(length, phase));

  it.each([
    [1, 1, 1],
    [3, 5, 2],
    [40, 7, 33],
  ])(
    'multiply of %i x %i x %i, either side transposed, equals the sum of products (1e-12)',
    async (rows, inner, columns) => {
      const a = doubles(rows * inner, 1);
      const b = doubles(inner * columns, 2);
      const transposed = (x: Float64Array, r: number, c: number) =>
        x.map((_, at) => x[(at % r) * c + Math.floor(at / r)]);
      const expected = Float64Array.from({ length: rows * columns }, (_, at) => {
        const [i, j] = [Math.floor(at / columns), at % columns];
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += a[i * inner + k] * b[k * columns + j];
        return sum;
      });
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const shape = { rows, inner, columns, transposeA, transposeB };
          const left = transposeA ? transposed(a, rows, inner) : a;
          const right = transposeB ? transposed(b, inner, columns) : b;
          const found = await kernels().multiply(left, right, shape);
          expect(Math.max(...found.map((v, at) => Math.abs(v - expected[at])))).toBeLessThan(1e-12 * inner);
        }
      }
    },
  );

  it.each([
    [1, 3],
    [5, 60],
    [60, 20],
  ])(
    'multiply of %i rows with a symmetric matrix of %i is the same product, into the array that is given (1e-12)',
    async (rows, n) => {
      const b = await kernels().gram(values(n * (n + 2), 6), n, n + 2, null);
      const a = doubles(rows * n, 7);
      const shape = { rows, inner: n, columns: n };
      const expected = await kernels().multiply(a, b, shape);
      const out = new Float64Array(rows * n).fill(5);
      expect(await kernels().multiply(a, b, { ...shape, symmetricB: true }, out)).toBe(out);
      const largest = Math.max(...expected.map(Math.abs));
      expect(Math.max(...out.map((v, at) => Math.abs(v - expected[at])))).toBeLessThan(1e-12 * largest);
    },
  );

  it.each([
    [1, 1, 1],
    [7, 5, 3],
    [12, 4500, 2],
  ])('sandwich of %i x %i and %i vectors equals the weighted Gram times them (1e-10)', async (n, f, count) => {
    const x = values(n * f, 3);
    const v = doubles(count * n, 4);
    const w = Float64Array.from({ length: f }, (_, k) => (k % 4) / 2);
    const g = naive(x, n, f, w);
    const found = await kernels().sandwich(x, n, f, v, count, (block, from, width) => {
      for (let at = 0; at < block.length; at++) block[at] *= w[from + (at % width)];
    });
    for (let c = 0; c < count; c++) {
      for (let i = 0; i < n; i++) {
        let expected = 0;
        for (let j = 0; j < n; j++) expected += g[i * n + j] * v[c * n + j];
        expect(Math.abs(found[c * n + i] - expected)).toBeLessThan(1e-10 * f);
      }
    }
  });

  it.each([1, 5, 96, 97, 230])(
    'inverts a positive definite matrix of %i (1e-9), with and without a ridge',
    async (n) => {
      const a = await kernels().gram(values(n * (n + 5), 5), n, n + 5, null);
      for (let i = 0; i < n; i++) a[i * n + i] += 1;
      for (const ridge of [0, 2.5]) {
        const inverse = (await invertPositive(a, n, ridge, kernels()))!;
        for (const i of [0, n >> 1, n - 1]) {
          for (let j = 0; j < n; j++) {
            let sum = ridge * inverse[i * n + j];
            for (let k = 0; k < n; k++) sum += a[i * n + k] * inverse[k * n + j];
            expect(Math.abs(sum - (i === j ? 1 : 0))).toBeLessThan(1e-9);
          }
        }
      }
    },
  );

  it('finds no inverse of an indefinite matrix', async () => {
    const a = new Float64Array(100 * 100);
    for (let i = 0; i < 100; i++) a[i * 100 + i] = i === 70 ? -1 : 1;
    expect(await invertPositive(a, 100, 0, kernels())).toBeNull();
  });

  it('refuses products and sandwiches of the wrong length', async () => {
    const shape = { rows: 2, inner: 3, columns: 2 };
    const refused = async (work: () => Promise<unknown>) => work();
    await expect(refused(() => kernels().multiply(new Float64Array(5), new Float64Array(6), shape))).rejects.toThrow(
      'multiply: 5 and 6 values for 2 x 3 x 2',
    );
    await expect(
      refused(() => kernels().sandwich(new Float32Array(6), 2, 3, new Float64Array(3), 2, () => {})),
    ).rejects.toThrow('sandwich: 6 and 3 values');
  });
});

it('the machine’s kernels are chosen and named', async () => {
  const kernels = await createKernels({ threads: 1 });
  expect(describeKernels(kernels)).toBe('products by ONNX Runtime (f64), loops by WebAssembly (relaxed simd)');
  expect(describeKernels(referenceKernels)).toBe('products by TypeScript, loops by TypeScript');
  await kernels.dispose();
});
