import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineName } from '../src/engine.js';
import { sandbox } from '../src/sandbox.js';
import { Bench, MIB, modelProcesses, namesIn, readArray } from './extraction.js';
import { graph, image, leakySum, manifest, meanNodes, notFinite, plain, stepNames, unrolled } from './models.js';
import { INT64 } from './onnx-writer.js';
import { bundledModel } from './reference.js';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());

/** Mean of channel c of flat image i, as the model sees it. */
const level = (i: number, c: number): number => (10 * (i + 1) + c) / 255;

function expectMeans(values: Float32Array, n: number, factor = 1, tolerance = 1e-6): void {
  expect(values.length).toBe(n * 3);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < 3; c++) expect(Math.abs(values[i * 3 + c]! - factor * level(i, c))).toBeLessThan(tolerance);
  }
}

describe('what an extraction yields', () => {
  it('one file a region, described', async () => {
    const progress: [number, number][] = [];
    const log: string[] = [];
    const extraction = await bench.extract(plain, manifest(), {
      onProgress: (done, total) => progress.push([done, total]),
      onLog: (line) => log.push(line),
    });
    expect(extraction).toMatchObject({ engine: engineName('onnx'), provider: 'cpu', batchSize: 5, parameters: 0 });
    expect(extraction.regions.IT).toMatchObject({ steps: 1, stimuli: 5, features: 3, temporal: false, shape: [3] });
    expect(extraction.peakMemoryBytes).toBeGreaterThan(20e6);
    expect(extraction.wallMs).toBeGreaterThan(0);
    expect(progress).toEqual([[5, 5]]);
    expect(log).toEqual(expect.arrayContaining((await sandbox()).lines));
    const { shape, values } = await readArray(extraction.regions.IT);
    expect(shape).toEqual([1, 5, 3]);
    expectMeans(values, 5);
    expect(await namesIn(dirname(extraction.regions.IT.path))).toEqual(['IT.npy']);
    expect(modelProcesses()).toEqual([]);
  });

  it('every step of every image at its place, over several batches', async () => {
    const about = manifest({ clock: { onsetMs: 70, stepMs: 10 }, regions: { IT: { outputs: stepNames(3) } } });
    const { batchSize, regions } = await bench.extract(unrolled(3), about, { n: 21 });
    expect(batchSize).toBe(16);
    expect(regions.IT).toMatchObject({ steps: 3, stimuli: 21, features: 3, temporal: true });
    const { shape, values } = await readArray(regions.IT);
    expect(shape).toEqual([3, 21, 3]);
    for (let step = 0; step < 3; step++) expectMeans(values.subarray(step * 63, step * 63 + 63), 21, step + 1, 1e-5);
  });

  it('every step at its place where those of one image are too long to be sent at once', async () => {
    // 3.6 MB a step.
    const model = graph([
      { op: 'Expand', in: ['pooled', 'wide'], out: ['v4_0'] },
      { op: 'Add', in: ['v4_0', 'v4_0'], out: ['v4_1'] },
      { op: 'Add', in: ['v4_0', 'v4_1'], out: ['v4_2'] },
      { op: 'Identity', in: ['mean'], out: ['it'] },
    ]);
    model.constants!.push({ name: 'wide', dims: [4], values: [1, 3, 500, 600], type: INT64 });
    const about = manifest({ regions: { V4: { outputs: ['v4_0', 'v4_1', 'v4_2'] }, IT: { output: 'it' } } });
    const { regions } = await bench.extract(model, about, { n: 3 });
    const { shape, values } = await readArray(regions.V4!);
    expect(shape).toEqual([3, 3, 900_000]);
    for (const [row, step, i] of Array.from({ length: 9 }, (_, k) => [k, Math.floor(k / 3), k % 3] as const)) {
      for (const c of [0, 1, 2]) {
        const channel = values.subarray(row * 900_000 + c * 300_000, row * 900_000 + (c + 1) * 300_000);
        expect(channel.every((value) => Math.abs(value - (step + 1) * level(i, c)) < 1e-6)).toBe(true);
      }
    }
  });

  it('inner tensors, flattened', async () => {
    const about = manifest({ regions: { V4: { output: 'pooled' }, IT: { output: 'it' } } });
    const { regions } = await bench.extract(plain, about);
    expect(regions.V4).toMatchObject({ features: 3, shape: [3, 1, 1] });
    expectMeans((await readArray(regions.V4!)).values, 5);
  });

  it('only the regions asked for that there are, IT always', async () => {
    const about = manifest({ regions: { V1: { output: 'pooled' }, V4: { output: 'mean' }, IT: { output: 'it' } } });
    const { regions } = await bench.extract(plain, about, { regions: ['V2', 'V4'] });
    expect(Object.keys(regions)).toEqual(['V4', 'IT']);
  });

  it('the readout beside the regions', async () => {
    const about = manifest({ readout: { output: 'mean', labels: ['red', 'green', 'blue'] } });
    const { readout, regions } = await bench.extract(plain, about);
    expect(Object.keys(regions)).toEqual(['IT']);
    expect(readout).toMatchObject({ steps: 1, stimuli: 5, features: 3 });
    expectMeans((await readArray(readout!)).values, 5);
  });

  it('a stateful model, its state looped and reset for each batch', async () => {
    const about = manifest({
      clock: { onsetMs: 70, stepMs: 10 },
      state: [{ input: 'state_in', output: 'state_out' }],
      steps: 3,
    });
    const { regions } = await bench.extract(leakySum(), about, { n: 20 });
    expect(regions.IT).toMatchObject({ steps: 3, temporal: true });
    expectMeans((await readArray(regions.IT)).values.subarray(2 * 60), 20, 1.75, 1e-5);
  });

  it('not temporal when the steps repeat each other', async () => {
    const about = manifest({ clock: { onsetMs: 70, stepMs: 10 }, regions: { IT: { outputs: stepNames(3) } } });
    const { regions } = await bench.extract(unrolled(3, { still: true }), about);
    expect(regions.IT.temporal).toBe(false);
  });

  it('steps before firstStep, which may not know the image', async () => {
    const clock = { onsetMs: 70, stepMs: 10, firstStep: 1 };
    const about = manifest({ clock, regions: { IT: { outputs: stepNames(3) } } });
    const { regions } = await bench.extract(unrolled(3, { from: 1 }), about);
    expect(regions.IT).toMatchObject({ steps: 3, temporal: true });
    expect((await readArray(regions.IT)).values.subarray(0, 15).every((value) => value === 0)).toBe(true);
  });
});

describe('batches', () => {
  const identity = [{ op: 'Identity', in: ['mean'], out: ['it'] }];

  it.each([1, 4])('fixed at %i are honoured, the last one filled up', async (size) => {
    const model = graph(identity, { input: image(size), outputs: [{ name: 'it', dims: [size, 3] }] });
    const { batchSize, regions } = await bench.extract(model, manifest(), { n: 6 });
    expect(batchSize).toBe(size);
    expectMeans((await readArray(regions.IT)).values, 6);
  });

  it('fixed at more than there are images', async () => {
    const { regions } = await bench.extract(graph(identity, { input: image(8) }), manifest(), { n: 3 });
    expectMeans((await readArray(regions.IT)).values, 3);
  });

  it('become one image at a time where company changes the activations', async () => {
    const log: string[] = [];
    const model = graph([
      { op: 'ReduceMean', in: ['mean'], out: ['company'], with: { axes: { ints: [0] } } },
      { op: 'Add', in: ['mean', 'company'], out: ['it'] },
    ]);
    const { batchSize, regions } = await bench.extract(model, manifest(), { onLog: (line) => log.push(line) });
    expect(batchSize).toBe(1);
    expectMeans((await readArray(regions.IT)).values, 5, 2);
    expect(log.join('\n')).toContain('one image at a time');
  });

  it('become one image at a time where the model only works so', async () => {
    const model = graph([{ op: 'Reshape', in: ['mean', 'one'], out: ['it'] }], {
      outputs: [{ name: 'it', dims: ['batch', 'features'] }],
    });
    model.constants!.push({ name: 'one', dims: [2], values: [1, -1], type: INT64 });
    const { batchSize, regions } = await bench.extract(model);
    expect(batchSize).toBe(1);
    expectMeans((await readArray(regions.IT)).values, 5);
  });

  it('shrink so that a large input stays within the memory limit', async () => {
    // Two blocks of 24 MiB an image (input and recording) against a sixteenth of 1 GiB.
    const side = 1448;
    const model = { ...graph([], { input: { name: 'image', dims: ['batch', 3, side, side] } }), nodes: [...meanNodes] };
    model.nodes.push({ op: 'Identity', in: ['mean'], out: ['it'] });
    const about = manifest();
    about.input.size = [side, side];
    const { batchSize } = await bench.extract(model, about, { n: 4, pixelsPath: await bench.flatPixels(4) });
    expect(batchSize).toBe(2);
  });

  it('halve while the first one runs out of memory', async () => {
    // 48 MiB an image: 16 of them never fit into 512 MiB, 4 always do.
    const model = graph([
      { op: 'Expand', in: ['pooled', 'wide'], out: ['spread'] },
      { op: 'ReduceMax', in: ['spread'], out: ['back'], with: { axes: { ints: [2, 3] }, keepdims: { int: 0 } } },
      { op: 'Identity', in: ['back'], out: ['it'] },
    ]);
    model.constants!.push({ name: 'wide', dims: [4], values: [1, 3, 2048, 2048], type: INT64 });
    const log: string[] = [];
    const { batchSize, regions } = await bench.extract(model, manifest(), {
      n: 18,
      limits: { memoryBytes: 512 * MIB },
      onLog: (line) => log.push(line),
    });
    expect([4, 8]).toContain(batchSize);
    expectMeans((await readArray(regions.IT)).values, 18);
    expect(log.join('\n')).toMatch(/a batch of 16 \(.*\) does not fit into memory/);
  });
});

describe('the bundled networks', () => {
  const hash = async (path: string) =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  const photo = (i: number, y: number, x: number, c: number) =>
    Math.round(127 + 100 * Math.sin(0.13 * (i + 1) * x + 0.07 * (c + 2) * y + i));

  it.each(['bl-64', 'bl-64-stepaxis', 'bl-64-stateful', 'ff-64', 'ffdeep-64'])(
    '%s, twice, bit for bit',
    async (name) => {
      const { files, manifest: about } = bundledModel(name);
      const pixelsPath = await bench.pixels(19, 64, photo);
      const [a, b] = [
        await bench.extract(files, about, { pixelsPath }),
        await bench.extract(files, about, { pixelsPath }),
      ];
      const steps = name.startsWith('bl') ? 5 : 1;
      expect(a.regions.IT).toMatchObject({ steps, stimuli: 19, features: 1024, temporal: steps > 1 });
      expect(a.readout).toMatchObject({ steps, features: 10 });
      expect(await hash(a.regions.IT.path)).toBe(await hash(b.regions.IT.path));
      expect(await hash(a.readout!.path)).toBe(await hash(b.readout!.path));
    },
  );

  it('record the same bits whether or not a thread prepares their images', async () => {
    const { files, manifest: about } = bundledModel('bl-64');
    const bits = async (n: number, from: number) => {
      const pixelsPath = await bench.pixels(n, 64, (i, y, x, c) => photo(from + i, y, x, c));
      const { regions, batchSize } = await bench.extract(files, about, { pixelsPath });
      expect(batchSize).toBe(16);
      return readArray(regions.IT);
    };
    // One batch needs no thread; both halves run in batches of the size that all of them do.
    const [whole, first, second] = [await bits(32, 0), await bits(16, 0), await bits(16, 16)];
    const [steps, , features] = whole.shape as [number, number, number];
    const half = 16 * features;
    for (let step = 0; step < steps; step++) {
      const rows = whole.values.subarray(step * 2 * half, (step + 1) * 2 * half);
      expect(rows.subarray(0, half)).toEqual(first.values.subarray(step * half, (step + 1) * half));
      expect(rows.subarray(half)).toEqual(second.values.subarray(step * half, (step + 1) * half));
    }
  });

  it('record the same through a smaller batch up to rounding', async () => {
    const { files, manifest: about } = bundledModel('bl-64');
    const pixelsPath = await bench.pixels(3, 64, photo);
    const one = await bench.pixels(1, 64, photo);
    const three = (await readArray((await bench.extract(files, about, { pixelsPath })).regions.IT)).values;
    const alone = (await readArray((await bench.extract(files, about, { pixelsPath: one })).regions.IT)).values;
    let worst = 0;
    for (let step = 0; step < 5; step++) {
      for (let f = 0; f < 1024; f++) {
        worst = Math.max(worst, Math.abs(alone[step * 1024 + f]! - three[step * 3 * 1024 + f]!));
      }
    }
    expect(worst).toBeLessThan(1e-5);
  });
});

it('leaves no work folder behind, and needs none that everybody may enter', async () => {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = bench.folder; // Closed to all but its owner.
  try {
    await bench.extract(plain);
    await expect(bench.extract(notFinite)).rejects.toMatchObject({ code: 'activations_not_finite' });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
  expect((await namesIn(bench.folder)).filter((name) => name.startsWith('corescore-model-'))).toEqual([]);
});
