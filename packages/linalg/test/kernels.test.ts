import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrtKernels, type Kernels, referenceKernels } from '../src/index.js';

/** Deterministic values of size 1, no two rows alike. */
const values = (length: number, phase: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i + phase) + 0.3 * Math.cos(0.013 * i * i));

function naive(x: Float32Array, n: number, f: number, w: Float32Array | null): Float64Array {
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
    for (const w of [null, Float32Array.from({ length: f }, (_, k) => (k % 3) * 0.5)]) {
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
    await expect(kernels().gram(new Float32Array(6), 2, 3, new Float32Array(2))).rejects.toThrow('2 weights for 3');
    await expect(kernels().gram(new Float32Array(0), 0, 3, null)).rejects.toThrow('at least one row');
  });
});
