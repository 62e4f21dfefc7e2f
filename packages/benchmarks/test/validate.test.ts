import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorescoreError, type OnnxManifest } from '@corescore/contracts';
import { writeNpyFloat32 } from '@corescore/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graph, image, SIDE, stepNames, manifest as tinyManifest, unrolled } from '../../runtime/test/models.js';
import { type Graph, onnxFile } from '../../runtime/test/onnx-writer.js';
import {
  type Benchmark,
  bundledModels,
  loadBenchmark,
  type ValidateRequest,
  type Validation,
  validate,
} from '../src/index.js';

let home: string;
let benchmark: Benchmark;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'corescore-validate-test-'));
  benchmark = await loadBenchmark('core-objects-ost', home);
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** A day: how long a test takes depends on the machine, and what it finds must not. */
const LIMITS = { wallSeconds: 86_400, memoryBytes: 2 ** 30, maxActivationBytes: 2 ** 28, threads: 1 };

const check = (manifest: unknown, files: Record<string, string>, change: Partial<ValidateRequest> = {}) =>
  validate({ manifest, files, benchmark, limits: LIMITS, images: 6, ...change });

let files = 0;
function checkGraph(model: Graph, about: Partial<OnnxManifest> = {}, change: Partial<ValidateRequest> = {}) {
  const path = join(home, `${files++}.onnx`);
  writeFileSync(path, onnxFile(model));
  return check(tinyManifest(about), { 'model.onnx': path }, change);
}

/** Pixels times weights: a region with something to shuffle. */
const weighted = (outputs: string[]): Graph => ({
  inputs: [image()],
  outputs: outputs.map((name) => ({ name, dims: ['batch', 4] })),
  nodes: [
    { op: 'Flatten', in: ['image'], out: ['flat'] },
    { op: 'MatMul', in: ['flat', 'weights'], out: ['it'] },
  ],
  constants: [
    {
      name: 'weights',
      dims: [3 * SIDE * SIDE, 4],
      values: Array.from({ length: 12 * SIDE * SIDE }, (_, i) => Math.sin(i * i)),
    },
  ],
});

const codes = (validation: Validation) => validation.findings.map(({ severity, code }) => `${severity} ${code}`);

describe('validate', () => {
  test('a sound model: arrays, cost for the whole stimulus set, no finding', async () => {
    const model = bundledModels().find(({ name }) => name === 'bl-64')!;
    const manifest = JSON.parse(readFileSync(model.manifestPath, 'utf8'));
    const validation = await check(manifest, { 'model.onnx': model.modelPath }, { images: 28 });
    expect(validation).toMatchObject({ ok: true, findings: [], images: { run: 28, total: 660 }, provider: 'cpu' });
    expect(validation.facts).toMatchObject({ parameters: 105_610 });
    expect(validation.arrays.map(({ name, steps, features, imageFrom }) => [name, steps, features, imageFrom])).toEqual(
      [
        ['V4', 5, 3072, 0],
        ['IT', 5, 1024, 0],
        ['readout', 5, 10, 0],
      ],
    );
    expect(validation.cost).toMatchObject({ activationBytes: 660 * 5 * (3072 + 1024 + 10) * 4 });
    expect(validation.cost!.predictedMs).toBeGreaterThan(validation.cost!.startMs);
    expect(validation.cost!.peakMemoryBytes).toBeGreaterThan(2 ** 20);
  });

  test('every error of the manifest, each with its field', async () => {
    const { input, ...rest } = tinyManifest();
    const { findings, ok } = await check({ ...rest, input: { ...input, layout: 'CHWN', mean: 'no' }, steps: 0 }, {});
    expect(ok).toBe(false);
    expect(findings.map(({ field }) => field)).toEqual(['/input/layout', '/input/mean', '/steps', 'model.onnx']);
    const together = await check(tinyManifest({ input: { ...input, mean: [0, 1] }, steps: 3 }), {});
    expect(together.findings.map(({ field }) => field)).toEqual(['/input/mean', '/state', '/clock', 'model.onnx']);
  });

  test('goes on after errors of the manifest: the graph is compared, and a sound model is run', async () => {
    const wrong = { licence: 5, probe: 'no', regions: { IT: { output: 'it' }, V4: { output: 'no' } } };
    const both = await checkGraph(weighted(['it']), wrong as unknown as Partial<OnnxManifest>);
    expect(both.findings.map(({ field }) => field)).toEqual(['/licence', '/probe', '/regions/V4/output']);
    const { regions: _, ...mild } = wrong;
    const run = await checkGraph(weighted(['it']), mild as unknown as Partial<OnnxManifest>);
    expect(run).toMatchObject({ ok: false, arrays: [{ name: 'IT', features: 4 }], images: { run: 6 } });
    expect(codes(run)).toEqual(['error invalid_manifest', 'error invalid_manifest']);
  });

  test('reads the files even where the manifest says too little', async () => {
    const path = join(home, 'text.onnx');
    writeFileSync(path, '<html>');
    const files = { 'model.onnx': path };
    const none = await check({}, files, { kind: 'onnx' });
    expect(codes(none)).toContain('error not_onnx');
    const unreadable = new CorescoreError('manifest_not_json', 'It is not JSON.', { field: '--manifest' });
    expect(codes(await check(undefined, files, { kind: 'onnx', unreadable }))).toEqual([
      'error manifest_not_json',
      'error not_onnx',
    ]);
  });

  test('every disagreement of manifest and graph', async () => {
    const about = {
      regions: { IT: { output: 'nope' }, V4: { output: 'no' } },
      input: { ...tinyManifest().input, size: [9, 9] },
    };
    const validation = await checkGraph(weighted(['it']), about as Partial<OnnxManifest>);
    expect(validation.findings.map(({ code, field }) => [code, field])).toEqual([
      ['input_shape', '/input/size'],
      ['input_shape', '/input/size'],
      ['output_not_found', '/regions/V4/output'],
      ['output_not_found', '/regions/IT/output'],
    ]);
    expect(validation.arrays).toEqual([]);
  });

  test.each([
    ['too late', 0, 3, 'depends on the image from step 0 on, before'],
    ['too early', 2, 0, 'only from step 2 on'],
  ])('finds the first step of a clock that starts %s', async (_, from, firstStep, text) => {
    const about = {
      regions: { IT: { outputs: stepNames(4) } },
      clock: { onsetMs: 70, stepMs: 20, firstStep },
    };
    const validation = await checkGraph(unrolled(4, { from }), about);
    expect(validation.arrays).toMatchObject([{ name: 'IT', imageFrom: from }]);
    expect(validation.findings[0]).toMatchObject({
      code: 'first_step_mismatch',
      field: '/clock/firstStep',
      message: expect.stringContaining(text),
      remedy: expect.stringContaining(`firstStep to ${from}`),
    });
  });

  test('warns of a clock that runs ahead of the image', async () => {
    const about = { regions: { IT: { outputs: stepNames(2) } }, clock: { onsetMs: -30, stepMs: 20 } };
    const validation = await checkGraph(unrolled(2), about);
    expect(validation).toMatchObject({ ok: true });
    expect(codes(validation)).toContain('warning early_clock');
  });

  test('a batch as large as the sample is timed all the same: the start is taken apart, whatever --images says', async () => {
    const fixed = weighted(['it']);
    fixed.inputs = [image(24)];
    fixed.outputs = [{ name: 'it', dims: [24, 4] }];
    const validation = await checkGraph(fixed, {}, { images: 2 });
    expect(validation).toMatchObject({ ok: true, batchSize: 24, images: { run: 2 }, findings: [] });
    expect(validation.cost!.msPerImage).not.toBeNull();
    expect((await checkGraph(weighted(['it']), {}, { images: 3 })).cost!.msPerImage).not.toBeNull();
  });

  test('images that reach the model as a speck', async () => {
    const far = { input: { ...tinyManifest().input, visualDegrees: 180 } };
    const validation = await checkGraph(weighted(['it']), far);
    expect(validation.findings[0]).toMatchObject({ code: 'input_values', field: '/input' });
    expect(validation.findings[0]!.message).toContain('8 of its 180 degrees');
  });

  test('a clock over steps that repeat each other is warned of', async () => {
    const about = { regions: { IT: { outputs: stepNames(3) } }, clock: { onsetMs: 70, stepMs: 20 } };
    expect(codes(await checkGraph(unrolled(3, { still: true }), about))).toEqual(
      expect.arrayContaining(['warning clock_unused']),
    );
  });

  test('warns of live noise, and of weights that make no difference', async () => {
    const noisy = weighted(['it']);
    noisy.nodes.push(
      { op: 'RandomNormalLike', in: ['it'], out: ['noise'] },
      { op: 'Add', in: ['it', 'noise'], out: ['noisy'] },
    );
    noisy.outputs = [{ name: 'noisy', dims: ['batch', 4] }];
    expect(codes(await checkGraph(noisy, { regions: { IT: { output: 'noisy' } } }))).toEqual([
      'warning not_repeatable',
    ]);
    expect(codes(await checkGraph(weighted(['it'])))).toEqual([]);
    const idle = weighted(['it']);
    idle.nodes.push({ op: 'Identity', in: ['flat'], out: ['pixels'] });
    idle.outputs.push({ name: 'pixels', dims: ['batch', 3 * SIDE * SIDE] });
    expect(codes(await checkGraph(idle, { regions: { IT: { output: 'pixels' } } }))).toEqual(['warning untrained']);
  });

  test('an IT that ignores the image', async () => {
    const constant = graph([{ op: 'Mul', in: ['mean', 'zero'], out: ['it'] }], { scalars: { zero: 0 } });
    expect(codes(await checkGraph(constant))).toContain('error activations_constant');
  });

  test('what the whole stimulus set would run over, though the sample does not', async () => {
    const limits = { ...LIMITS, maxActivationBytes: 660 * 4 * 4 - 1 };
    const validation = await checkGraph(weighted(['it']), {}, { limits });
    expect(validation.findings).toMatchObject([
      {
        severity: 'error',
        code: 'activations_too_large',
        field: '/regions/IT',
        message: expect.stringContaining('660'),
      },
    ]);
  });

  test('supplied activations are checked whole', async () => {
    const { stimulusSet } = benchmark;
    const ids = stimulusSet.stimuli.map(({ id }) => id);
    const paths = { 'it.npy': join(home, 'it.npy'), 'ids.txt': join(home, 'ids.txt') };
    await writeNpyFloat32(
      paths['it.npy'],
      [ids.length, 2],
      new Float32Array(ids.length * 2).map((_, i) => i),
    );
    writeFileSync(paths['ids.txt'], ids.join('\n'));
    const about = {
      manifestVersion: 1,
      name: 'mine',
      kind: 'activations',
      stimuli: { set: stimulusSet.identifier, ids: 'ids.txt' },
      regions: { IT: { file: 'it.npy', axes: ['stimulus', 'feature'] } },
    };
    expect(await check(about, paths)).toMatchObject({
      ok: true,
      arrays: [{ name: 'IT', steps: 1, features: 2 }],
      images: { run: 660, total: 660 },
    });
    writeFileSync(paths['ids.txt'], ids.slice(1).join('\n'));
    expect(codes(await check(about, paths))).toEqual(['error stimulus_missing']);
    writeFileSync(paths['ids.txt'], ids.join('\n'));
    await writeNpyFloat32(paths['it.npy'], [ids.length, 2], new Float32Array(ids.length * 2).fill(1));
    expect(await check({ ...about, clock: { onsetMs: 70, stepMs: 10 } }, paths)).toMatchObject({
      ok: false,
      arrays: [{ name: 'IT', imageFrom: null }],
      findings: [{ code: 'activations_constant' }, { code: 'clock_unused', severity: 'warning' }],
    });
  });
});
