import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFiles, OnnxManifest } from '@corescore/contracts';
import { npyHeaderBytes } from '@corescore/formats';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ModelFailure } from '../src/index.js';
import { ProcessTree } from '../src/process-tree.js';
import { Bench, engineProcess, MIB, modelProcesses, namesIn, processorSeconds } from './extraction.js';
import {
  changingShape,
  endless,
  graph,
  image,
  manifest,
  memoryEater,
  notFinite,
  plain,
  stepNames,
  unrolled,
} from './models.js';
import type { Graph } from './onnx-writer.js';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());
// Whatever a test did, nothing of it runs on.
afterEach(() => {
  expect(modelProcesses()).toEqual([]);
});

type Rest = Parameters<Bench['extract']>[2];

/** The failure of an extraction that left no file. */
async function failureOf(model: Graph | ModelFiles, about?: OnnxManifest, rest: Rest = {}): Promise<ModelFailure> {
  const outDir = bench.newOutDir();
  const failure = await bench.extract(model, about, { outDir, ...rest }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ModelFailure);
  expect(await namesIn(outDir)).toEqual([]);
  return failure as ModelFailure;
}

/** Waits for the process that runs the model of the extraction that is running. */
async function modelPid(): Promise<number> {
  for (;;) {
    const [leader] = modelProcesses();
    const pid = leader === undefined ? undefined : engineProcess(leader);
    if (pid !== undefined) return pid;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('activations that are refused', () => {
  const clock = { onsetMs: 70, stepMs: 10 };

  it('NaN, with region, step and image', async () => {
    expect(await failureOf(notFinite)).toMatchObject({
      kind: 'contract_violation',
      code: 'activations_not_finite',
      field: '/regions/IT',
      message: expect.stringContaining('IT is NaN at step 0 of 1, image 0, feature 0'),
      remedy: expect.stringMatching(/\w/),
    });
  });

  it('NaN in a later batch, after rows were written', async () => {
    const failure = await failureOf(notFinite, manifest(), {
      pixelsPath: await bench.pixels(20, 8, (i) => (i === 18 ? 100 : 200 + i)),
    });
    expect(failure).toMatchObject({ code: 'activations_not_finite', message: expect.stringContaining('image 18') });
  });

  it('a shape that depends on the image', async () => {
    const pixelsPath = await bench.pixels(4, 8, (i, y) => (y <= i ? 255 : 0));
    expect(await failureOf(changingShape, manifest(), { pixelsPath })).toMatchObject({
      kind: 'contract_violation',
      code: 'activations_shape_changed',
      field: '/regions/IT',
      message: 'IT was 1 step of [24] and became 1 step of [48] for other images.',
    });
  });

  it('a region that does not depend on the image', async () => {
    const model = graph([{ op: 'Mul', in: ['mean', 'zero'], out: ['it'] }], { scalars: { zero: 0 } });
    expect(await failureOf(model)).toMatchObject({ kind: 'contract_violation', code: 'activations_constant' });
  });

  it('a clock that starts before the image arrives', async () => {
    const about = manifest({ clock, regions: { IT: { outputs: stepNames(3) } } });
    expect(await failureOf(unrolled(3, { from: 2 }), about)).toMatchObject({
      kind: 'contract_violation',
      code: 'first_step_mismatch',
      remedy: expect.stringContaining('firstStep to 2'),
    });
  });

  it('a clock that starts after the image has arrived', async () => {
    const about = manifest({ clock: { ...clock, firstStep: 1 }, regions: { IT: { outputs: stepNames(3) } } });
    expect(await failureOf(unrolled(3), about)).toMatchObject({
      code: 'first_step_mismatch',
      remedy: expect.stringContaining('firstStep to 0'),
    });
  });

  it('more bytes than allowed, with the arithmetic', async () => {
    expect(await failureOf(plain, manifest(), { limits: { maxActivationBytes: 50 } })).toMatchObject({
      kind: 'contract_violation',
      code: 'activations_too_large',
      field: '/regions/IT',
      message: expect.stringContaining('IT has 60 bytes over 5 images; all recordings together may take 50 bytes.'),
    });
  });

  it('a readout that does not fit its labels', async () => {
    const about = manifest({ readout: { output: 'mean', labels: ['a', 'b'] } });
    expect(await failureOf(plain, about)).toMatchObject({ code: 'array_shape', field: '/readout/labels' });
  });
});

describe('models that do not fit their manifest', () => {
  it('an output that is not there, naming those that are', async () => {
    expect(await failureOf(plain, manifest({ regions: { IT: { output: 'nope' } } }))).toMatchObject({
      kind: 'contract_violation',
      code: 'output_not_found',
      field: '/regions/IT/output',
      remedy: expect.stringContaining('"it"'),
    });
  });

  it('an input of another size', async () => {
    const about = manifest();
    about.input.size = [16, 16];
    expect(await failureOf(plain, about)).toMatchObject({ kind: 'contract_violation', code: 'input_shape' });
  });

  it('a file that is no model', async () => {
    const path = join(bench.folder, 'text.onnx');
    await writeFile(path, 'Certainly not a graph.');
    expect(await failureOf({ 'model.onnx': path })).toMatchObject({ kind: 'contract_violation', code: 'not_onnx' });
  });

  it('an operator that does not exist', async () => {
    const model = graph([{ op: 'NoSuchOperator', in: ['mean'], out: ['it'] }]);
    expect(await failureOf(model)).toMatchObject({
      kind: 'model_error',
      code: 'model_load_failed',
      message: expect.stringContaining('NoSuchOperator'),
    });
  });

  it('a node that fails while it runs', async () => {
    const model = graph([{ op: 'Reshape', in: ['mean', 'five'], out: ['it'] }], { input: image(1) });
    model.constants!.push({ name: 'five', dims: [1], values: [5], type: 7 });
    expect(await failureOf(model)).toMatchObject({ kind: 'model_error', code: 'model_run_failed' });
  });
});

describe('limits', () => {
  it('end a model that never ends', async () => {
    expect(await failureOf(endless, manifest(), { limits: { wallSeconds: 1.5 } })).toMatchObject({
      kind: 'timeout',
      code: 'model_timeout',
      message: 'The model ran over its limit of 1.5 s, after 0 of 5 images.',
    });
  });

  it('end a model that eats memory', async () => {
    expect(await failureOf(memoryEater, manifest(), { limits: { memoryBytes: 512 * MIB } })).toMatchObject({
      kind: 'out_of_memory',
      code: 'model_out_of_memory',
      remedy: expect.stringContaining('CORESCORE_MODEL_MEMORY_BYTES'),
    });
  });

  it.each(['wallSeconds', 'memoryBytes', 'maxActivationBytes', 'threads'])('refuse a senseless %s', async (name) => {
    await expect(bench.extract(plain, manifest(), { limits: { [name]: 0 } })).rejects.toMatchObject({
      code: 'configuration',
      field: `limits.${name}`,
    });
  });
});

describe.runIf(process.platform === 'linux')('a process that dies', () => {
  it.each(['SIGSEGV', 'SIGKILL', 'SIGABRT'] as const)('by %s is the model crashing', async (signal) => {
    const running = failureOf(endless);
    const pid = await modelPid();
    await started(pid);
    process.kill(pid, signal);
    expect(await running).toMatchObject({
      kind: 'model_error',
      code: 'model_crashed',
      message: expect.stringContaining(signal),
    });
  });

  it('by SIGTERM was stopped from outside', async () => {
    const running = failureOf(endless);
    const pid = await modelPid();
    await started(pid);
    process.kill(pid, 'SIGTERM');
    expect(await running).toMatchObject({ kind: 'infrastructure', message: expect.stringContaining('SIGTERM') });
  });

  /** The endless model is in its loop: the group has used processor time for a while. */
  async function started(pid: number): Promise<void> {
    // Node and the engine take a third of it to start; the rest is the loop.
    while (processorSeconds(pid) < 1) await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

describe.runIf(process.platform === 'linux')('an abort', () => {
  it('kills the group and throws the reason', async () => {
    const controller = new AbortController();
    const outDir = bench.newOutDir();
    const running = bench.extract(endless, manifest(), { outDir, signal: controller.signal });
    const pid = await modelPid();
    // Nothing of the host's environment reached it.
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('ORT_DISABLE_TELEMETRY=1\0');
    controller.abort(new Error('the run was cancelled'));
    await expect(running).rejects.toThrow('the run was cancelled');
    expect(new ProcessTree(pid).members()).toEqual([]);
    expect(modelProcesses()).toEqual([]);
    expect(await namesIn(outDir)).toEqual([]);
  });

  it('before the start starts nothing', async () => {
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(bench.extract(plain, manifest(), { signal })).rejects.toThrow('never mind');
  });
});

describe('faults of the host never blame the model', () => {
  it('a folder that cannot be written', async () => {
    const file = join(bench.folder, 'a-file');
    await writeFile(file, '');
    await expect(bench.extract(plain, manifest(), { outDir: join(file, 'out') })).rejects.toMatchObject({
      kind: 'infrastructure',
      code: 'infrastructure',
    });
  });

  it('pixels that are missing, cut off or of another kind', async () => {
    const missing = join(bench.folder, 'no.npy');
    expect(await failureOf(plain, manifest(), { pixelsPath: missing })).toMatchObject({
      kind: 'infrastructure',
      message: expect.stringContaining('The pixel file cannot be read'),
    });
    const cut = join(bench.folder, 'cut.npy');
    await writeFile(cut, Buffer.concat([npyHeaderBytes('|u1', [5, 8, 8, 3]), Buffer.alloc(300)]));
    expect(await failureOf(plain, manifest(), { pixelsPath: cut })).toMatchObject({
      kind: 'infrastructure',
      message: expect.stringContaining('The pixel file cannot be read'),
    });
    const gray = join(bench.folder, 'gray.npy');
    await writeFile(gray, Buffer.concat([npyHeaderBytes('|u1', [5, 8, 8]), Buffer.alloc(320)]));
    expect(await failureOf(plain, manifest(), { pixelsPath: gray })).toMatchObject({
      kind: 'infrastructure',
      message: expect.stringContaining('[5, 8, 8]'),
    });
  });
});
