import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OnnxManifest } from '@corescore/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planOf } from '../src/plan.js';
import { type ModelSession, openSession, type Recorded } from '../src/session/index.js';
import { tapBytes } from '../src/tap.js';
import { graph, image, leakySum, manifest, plain, SIDE, stepNames, unrolled, unsizedState } from './models.js';
import { DOUBLE, FLOAT, FLOAT16, type Graph, INT64, onnxFile, UINT8 } from './onnx-writer.js';
import { bundledModel, reference, referenceImages } from './reference.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corescore-session-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function openGraph(model: Graph, about: OnnxManifest, taps: string[] = []): Promise<ModelSession> {
  const own = join(folder, `${files++}`);
  await mkdir(own);
  await writeFile(join(own, 'model.onnx'), Buffer.concat([onnxFile(model), tapBytes(taps)]));
  return openSession({ kind: 'onnx', folder: own, plan: planOf(about), threads: 1 });
}

/** Images whose channel means are known: image i, channel c is i + c / 10 everywhere. */
function flatImages(count: number): Float32Array {
  const pixels = SIDE * SIDE;
  return Float32Array.from({ length: count * 3 * pixels }, (_, i) => {
    const channel = Math.floor(i / pixels);
    return Math.floor(channel / 3) + (channel % 3) / 10;
  });
}

async function runOnce(session: ModelSession, count: number): Promise<Map<string, Recorded>> {
  const result = await session.run(flatImages(count), count);
  await session.dispose();
  return result;
}

function close(values: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void {
  expect(values.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(values[i]! - expected[i]!));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

describe('forms of time', () => {
  it('reads a single output as one step', async () => {
    const it = (await runOnce(await openGraph(plain, manifest()), 2)).get('IT')!;
    expect([it.steps.length, it.features, it.shape]).toEqual([1, 3, [3]]);
    close(it.steps[0]!, [0, 0.1, 0.2, 1, 1.1, 1.2]);
  });

  it('reads one output a step', async () => {
    const about = manifest({ regions: { IT: { outputs: stepNames(3) } } });
    const it = (await runOnce(await openGraph(unrolled(3), about), 2)).get('IT')!;
    expect(it.steps.length).toBe(3);
    close(it.steps[2]!, [0, 0.3, 0.6, 3, 3.3, 3.6]);
  });

  it.each([0, 1, 2])('moves step axis %i to the front', async (axis) => {
    // [batch][3] stacked twice along a new axis: the mean and its double.
    const model = graph(
      [
        { op: 'Mul', in: ['mean', 'two'], out: ['double'] },
        { op: 'Unsqueeze', in: ['mean', 'axis'], out: ['a'] },
        { op: 'Unsqueeze', in: ['double', 'axis'], out: ['b'] },
        { op: 'Concat', in: ['a', 'b'], out: ['it'], with: { axis: { int: axis } } },
      ],
      { scalars: { two: 2 }, outputs: [{ name: 'it', dims: ['a', 'b', 'c'] }] },
    );
    model.constants!.push({ name: 'axis', dims: [1], values: [axis], type: INT64 });
    const about = manifest({ regions: { IT: { output: 'it', stepAxis: axis } } });
    const it = (await runOnce(await openGraph(model, about), 2)).get('IT')!;
    expect([it.steps.length, it.features]).toEqual([2, 3]);
    close(it.steps[0]!, [0, 0.1, 0.2, 1, 1.1, 1.2]);
    close(it.steps[1]!, [0, 0.2, 0.4, 2, 2.2, 2.4]);
  });

  it('carries state from step to step, zeros before the first', async () => {
    const about = manifest({ state: [{ input: 'state_in', output: 'state_out' }], steps: 3 });
    const it = (await runOnce(await openGraph(leakySum(), about), 2)).get('IT')!;
    expect(it.steps.length).toBe(3);
    close(
      it.steps[2]!,
      [0, 0.1, 0.2, 1, 1.1, 1.2].map((mean) => mean * 1.75),
    );
  });

  it('takes the size of a symbolic state from its output', async () => {
    const about = manifest({ state: [{ input: 'state_in', output: 'state_out' }], steps: 2 });
    const it = (await runOnce(await openGraph(leakySum(['batch', 'width']), about), 1)).get('IT')!;
    close(it.steps[1]!, [0, 0.15, 0.3]);
  });
});

describe('types and taps', () => {
  it('records an inner tensor', async () => {
    const about = manifest({ regions: { IT: { output: 'it' }, V4: { output: 'pooled' } } });
    const v4 = (await runOnce(await openGraph(plain, about, ['pooled']), 2)).get('V4')!;
    expect(v4.shape).toEqual([3, 1, 1]);
    close(v4.steps[0]!, [0, 0.1, 0.2, 1, 1.1, 1.2]);
  });

  it.each([
    ['float16', FLOAT16, 1e-3],
    ['float64', DOUBLE, 1e-6],
  ])('hands over images and takes activations as %s', async (_, type, tolerance) => {
    const model = graph([{ op: 'Identity', in: ['mean'], out: ['it'] }], {
      input: image('batch', type),
      outputs: [{ name: 'it', type, dims: ['batch', 3] }],
    });
    const it = (await runOnce(await openGraph(model, manifest()), 2)).get('IT')!;
    expect(it.steps[0]).toBeInstanceOf(Float32Array);
    close(it.steps[0]!, [0, 0.1, 0.2, 1, 1.1, 1.2], tolerance);
  });

  it('hands over images as bytes', async () => {
    const model = graph([{ op: 'Identity', in: ['mean'], out: ['it'] }], { input: { ...image(), name: 'float' } });
    model.inputs = [image('batch', UINT8)];
    model.nodes = [
      { op: 'Cast', in: ['image'], out: ['float'], with: { to: { int: FLOAT } } },
      { ...model.nodes[0]!, in: ['float'] },
      ...model.nodes.slice(1),
    ];
    const session = await openGraph(model, manifest());
    const images = flatImages(2).map((value) => value * 254.6);
    const it = (await session.run(images, 2)).get('IT')!;
    await session.dispose();
    close(it.steps[0]!, [0, 25, 51, 255, 255, 255]);
  });

  it('tells of a fixed batch', async () => {
    const model = graph([{ op: 'Identity', in: ['mean'], out: ['it'] }], { input: image(4) });
    const session = await openGraph(model, manifest());
    expect(session.describe()).toMatchObject({
      engine: expect.stringMatching(/^onnxruntime-node \d+\.\d+\.\d+$/),
      provider: 'cpu',
      fixedBatch: 4,
      inputs: [{ name: 'image', type: 'float32', shape: [4, 3, SIDE, SIDE] }],
      outputs: [{ name: 'it', type: 'float32', shape: [4, 3] }],
    });
    await session.dispose();
  });
});

describe('refusals', () => {
  const stateful = { state: [{ input: 'state_in', output: 'state_out' }], steps: 2 };
  const toInt = graph([{ op: 'Cast', in: ['mean'], out: ['it'], with: { to: { int: INT64 } } }], {
    outputs: [{ name: 'it', type: INT64, dims: ['batch', 3] }],
  });
  const noBatch = graph([{ op: 'ReduceMean', in: ['mean'], out: ['it'], with: { axes: { ints: [0] } } }], {
    outputs: [{ name: 'it', dims: [1, 3] }],
  });
  it.each<[string, Graph, Partial<OnnxManifest>, string, string]>([
    ['an output that is not there', plain, { regions: { IT: { output: 'nope' } } }, 'output_not_found', '/regions/IT'],
    [
      'an input that is not there',
      plain,
      { input: { ...manifest().input, name: 'x' } },
      'input_not_found',
      '/input/name',
    ],
    ['another size', plain, { input: { ...manifest().input, size: [9, 9] } }, 'input_shape', '/input'],
    ['another layout', plain, { input: { ...manifest().input, layout: 'NHWC' } }, 'input_shape', '/input'],
    ['another number of channels', plain, { input: { ...manifest().input, channels: 1 } }, 'input_shape', '/input'],
    ['an input nobody feeds', leakySum(), {}, 'input_not_found', '/state'],
    ['a state that is not there', plain, stateful, 'output_not_found', '/state'],
    ['a state without steps', leakySum(), { state: stateful.state }, 'invalid_manifest', '/steps'],
    [
      'steps of a stateful region',
      leakySum(),
      { ...stateful, regions: { IT: { outputs: ['it', 'it'] } } },
      'invalid_manifest',
      '/regions/IT',
    ],
    ['a state of unknown size', unsizedState, stateful, 'input_shape', '/state/0/input'],
    ['integers', toInt, {}, 'array_dtype', '/regions/IT'],
    ['no batch axis', noBatch, {}, 'array_shape', '/regions/IT'],
    [
      'no such step axis',
      plain,
      { regions: { IT: { output: 'it', stepAxis: 5 } } },
      'array_shape',
      '/regions/IT/stepAxis',
    ],
  ])('names %s', async (_, model, rest, code, field) => {
    const attempt = async () => runOnce(await openGraph(model, manifest(rest)), 2);
    await expect(attempt()).rejects.toMatchObject({
      code,
      field,
      kind: 'contract_violation',
      remedy: expect.stringMatching(/\w/),
    });
  });

  it('names a file that ONNX Runtime does not load', async () => {
    const broken = graph([{ op: 'NoSuchOperator', in: ['mean'], out: ['it'] }]);
    await expect(openGraph(broken, manifest())).rejects.toMatchObject({
      code: 'model_load_failed',
      kind: 'model_error',
      message: expect.stringContaining('NoSuchOperator'),
    });
  });

  it('names features that differ between steps', async () => {
    const about = manifest({ regions: { IT: { outputs: ['it', 'wide'] } } });
    const model = graph([
      { op: 'Identity', in: ['mean'], out: ['it'] },
      { op: 'Flatten', in: ['image'], out: ['wide'] },
    ]);
    await expect(openGraph(model, about, ['wide']).then((session) => runOnce(session, 1))).rejects.toMatchObject({
      code: 'array_shape',
      message: expect.stringContaining('3 features at step 0 and 192'),
    });
  });
});

describe('bundled networks against PyTorch', () => {
  async function record(name: string): Promise<Map<string, Recorded>> {
    const { files: model, manifest: about } = bundledModel(name);
    const own = join(folder, `bundled-${files++}`);
    await mkdir(own);
    await copyFile(model['model.onnx']!, join(own, 'model.onnx'));
    const session = await openSession({ kind: 'onnx', folder: own, plan: planOf(about), threads: 1 });
    const recorded = await session.run(referenceImages(), 3);
    await session.dispose();
    return recorded;
  }

  it.each([
    ['bl-64', 'bl-64', 5],
    ['bl-64-stepaxis', 'bl-64', 5],
    ['bl-64-stateful', 'bl-64', 5],
    ['ff-64', 'ff-64', 1],
    ['ffdeep-64', 'ffdeep-64', 1],
  ])('%s agrees to 1e-4', async (name, referenceName, steps) => {
    const expected = reference(referenceName);
    const recorded = await record(name);
    const it = recorded.get('IT')!;
    const readout = recorded.get('readout')!;
    expect([it.steps.length, it.features, readout.features]).toEqual([steps, 1024, 10]);
    /** Values of one image and step: without time the reference has no axis for steps. */
    const at = <T>(perImage: readonly (T | T[])[], n: number, step: number): T =>
      (steps === 1 ? perImage[n] : (perImage[n] as T[])[step]) as T;
    it.steps.forEach((rows, step) => {
      for (let n = 0; n < 3; n++) {
        const row = rows.subarray(n * 1024, (n + 1) * 1024);
        close(row.subarray(0, 8), at<number[]>(expected.it_first8, n, step), 1e-4);
        const sum = row.reduce((total, value) => total + value, 0);
        const expectedSum = at<number>(expected.it_sum, n, step);
        close([sum], [expectedSum], 1e-4 * expectedSum);
        close(readout.steps[step]!.subarray(n * 10, n * 10 + 10), at<number[]>(expected.logits, n, step), 1e-4);
      }
    });
  });

  it('the three forms of bl-64 agree with each other to 1e-5', async () => {
    const oneAStep = (await record('bl-64')).get('IT')!;
    for (const name of ['bl-64-stepaxis', 'bl-64-stateful']) {
      const other = (await record(name)).get('IT')!;
      oneAStep.steps.forEach((rows, step) => {
        close(other.steps[step]!, rows, 1e-5);
      });
    }
  });
});
