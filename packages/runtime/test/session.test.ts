import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OnnxManifest } from '@corescore/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planOf } from '../src/plan.js';
import { type ModelSession, openSession, type Recorded } from '../src/session/index.js';
import { tapBytes } from '../src/tap.js';
import { graph, leakySum, manifest, plain, SIDE, unsizedState } from './models.js';
import { type Graph, onnxFile } from './onnx-writer.js';
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
  return openSession({ kind: 'onnx', folder: own, plan: planOf(about, 'float32'), threads: 1, provider: 'cpu' });
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

describe('state', () => {
  it('takes the size of a symbolic state from its output', async () => {
    const about = manifest({ state: [{ input: 'state_in', output: 'state_out' }], steps: 2 });
    const it = (await runOnce(await openGraph(leakySum(['batch', 'width']), about), 1)).get('IT')!;
    close(it.steps[1]!, [0, 0.15, 0.3]);
  });
});

describe('refusals', () => {
  const stateful = { state: [{ input: 'state_in', output: 'state_out' }], steps: 2 };
  const noBatch = graph([{ op: 'ReduceMean', in: ['mean'], out: ['it'], with: { axes: { ints: [0] } } }], {
    outputs: [{ name: 'it', dims: [1, 3] }],
  });
  it.each<[string, Graph, Partial<OnnxManifest>, string, string]>([
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
    ['no batch axis', noBatch, {}, 'array_shape', '/regions/IT'],
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
    const session = await openSession({
      kind: 'onnx',
      folder: own,
      plan: planOf(about, 'float32'),
      threads: 1,
      provider: 'cpu',
    });
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
