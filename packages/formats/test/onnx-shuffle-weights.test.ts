import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOnnxGraph, shuffleOnnxWeights } from '@corescore/onnx';
import { describe, expect, test } from 'vitest';
import { semanticDigest } from '../src/index.js';
import { refusal, temporaryFolder } from './support/files.js';
import { model, type NodeSpec, smallNetwork, type TensorSpec } from './support/onnx-writer.js';

const { dir, put } = temporaryFolder();
const folder = mkdtempSync(join(dir, 'twin-'));
const out = join(folder, 'model.onnx');
const shuffle = (path: string, random: (n: number) => number) =>
  shuffleOnnxWeights({ 'model.onnx': path }, folder, random);
/** Park and Miller's generator: any will do. */
function seeded(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 48271) % 2147483647;
    return state % n;
  };
}
const numbers = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i + 0.5);
const written = (initializers: TensorSpec[]) => put('model.onnx', model(smallNetwork({ initializers })));
/** Positions at which two files differ. */
const changed = (a: Buffer, b: Buffer) => [...a.keys()].filter((at) => a[at] !== b[at]);
/** float32 values from the position of the first of them. */
function floatsFrom(file: Buffer, first: number, count: number, stride = 4): number[] {
  const wanted = Buffer.from(Float32Array.of(first).buffer);
  const at = readFileSync(join(dir, 'model.onnx')).indexOf(wanted);
  return Array.from({ length: count }, (_, i) => file.readFloatLE(at + i * stride));
}

describe('an untrained twin', () => {
  const w = { name: 'w', dims: [8, 3, 1, 1], values: numbers(24, 100) };
  const bias = { name: 'b', dims: [40], values: numbers(40, 1000) };
  const shape = { name: 's', type: 7, dims: [2, 2], values: [1, -1, 300, 4] };

  test('has each initialiser of two or more dimensions in another order, and every other byte as it was', async () => {
    const path = written([w, bias, shape]);
    expect(await shuffle(path, seeded(3))).toEqual({ files: { 'model.onnx': out }, tensors: 1, values: 24 });
    const [before, after] = [readFileSync(path), readFileSync(out)];
    const values = floatsFrom(after, 100.5, 24);
    expect(values).not.toEqual(w.values);
    expect([...values].sort((a, b) => a - b)).toEqual(w.values);
    const start = before.indexOf(Buffer.from(Float32Array.of(100.5).buffer));
    for (const at of changed(before, after)) expect(at >= start && at < start + 24 * 4).toBe(true);
    const graph = await readOnnxGraph(path);
    expect(await readOnnxGraph(out)).toEqual(graph);
    const digestOf = (model: string) => semanticDigest('onnx', { 'model.onnx': model });
    expect(await digestOf(out)).not.toBe(await digestOf(path));
  });

  test('has the weights of Constant nodes in another order too', async () => {
    const constant = (spec: TensorSpec): NodeSpec => ({
      op: 'Constant',
      outputs: [spec.name],
      attributes: [{ name: 'value', tensor: { ...spec, name: '' } }],
    });
    const { nodes = [] } = smallNetwork();
    const path = put(
      'model.onnx',
      model(smallNetwork({ nodes: [constant(w), constant(bias), ...nodes], initializers: [] })),
    );
    expect(await shuffle(path, seeded(3))).toEqual({ files: { 'model.onnx': out }, tensors: 1, values: 24 });
    const values = floatsFrom(readFileSync(out), 100.5, 24);
    expect(values).not.toEqual(w.values);
    expect([...values].sort((a, b) => a - b)).toEqual(w.values);
  });

  test('is the same for the same seed, however the values are written', async () => {
    const orders: number[][] = [];
    for (const as of ['raw', 'packed', 'unpacked', 'raw'] as const) {
      await shuffle(written([{ ...w, as }]), seeded(3));
      // An unpacked value has a tag before it.
      orders.push(floatsFrom(readFileSync(out), 100.5, 24, as === 'unpacked' ? 5 : 4));
    }
    for (const order of orders) expect(order).toEqual(orders[0]);
    await shuffle(written([w]), seeded(4));
    expect(floatsFrom(readFileSync(out), 100.5, 24)).not.toEqual(orders[0]);
  });

  test('puts every value at every place alike often (chi-square over 9 cells, p > 1e-4)', async () => {
    const path = written([{ name: 'w', dims: [3, 1], values: [1.5, 2.5, 3.5] }]);
    const random = seeded(11);
    const counts = new Map<string, number>();
    const trials = 300;
    for (let k = 0; k < trials; k++) {
      await shuffle(path, random);
      floatsFrom(readFileSync(out), 1.5, 3).forEach((value, at) => {
        counts.set(`${value}@${at}`, (counts.get(`${value}@${at}`) ?? 0) + 1);
      });
    }
    const expected = trials / 3;
    const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(counts.size).toBe(9);
    // 4 degrees of freedom.
    expect(chiSquare).toBeLessThan(23.5);
  });
});

describe('no twin', () => {
  test.each<[string, TensorSpec[], string]>([
    ['without weights', [{ name: 'b', dims: [4], values: [1, 2, 3, 4] }], 'no float tensor'],
    [
      'of integers alone',
      [{ name: 's', type: 7, dims: [2, 2], values: [1, 2, 3, 4] }],
      'no float tensor of two or more',
    ],
  ])('%s: said by name, and nothing is left', async (_, initializers, words) => {
    const target = mkdtempSync(join(dir, 'none-'));
    const error = await refusal(() => shuffleOnnxWeights({ 'model.onnx': written(initializers) }, target, seeded(1)));
    expect(error.code).toBe('file_format');
    expect(error.message).toContain(words);
    expect(readdirSync(target)).toEqual([]);
  });
});
