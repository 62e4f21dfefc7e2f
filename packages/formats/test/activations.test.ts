import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ActivationsManifest } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import {
  checkActivations,
  npyHeaderBytes,
  openActivations,
  readNpyHeader,
  readNpyRows,
  writeNpyFloat32,
} from '../src/index.js';
import { refusal, temporaryFolder } from './support/files.js';
import { activations } from './support/manifests.js';

const { dir, put } = temporaryFolder();
const scratch = { dir: join(dir, 'scratch'), maxBytes: 1 << 20 };
const set = { identifier: 'small-set', digest: 'd'.repeat(64), ids: ['a', 'b', 'c'] };
/** In the order of the submitter's rows. */
const ids = 'c\na\nb\n';
const STEPS = 2;
const FEATURES = 4;
/** Value of a cell: readable in a failing test. */
const cell = (step: number, stimulus: string, feature: number) =>
  1000 * step + 100 * set.ids.indexOf(stimulus) + feature;

/** Rows of the three stimuli as they are submitted, in either order of axes. */
function submitted(axes: 'step first' | 'stimulus first'): Float32Array {
  const out: number[] = [];
  const rows = ['c', 'a', 'b'];
  const outer = axes === 'step first' ? STEPS : rows.length;
  const inner = axes === 'step first' ? rows.length : STEPS;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const [step, stimulus] = axes === 'step first' ? [i, rows[j]] : [j, rows[i]];
      for (let f = 0; f < FEATURES; f++) out.push(cell(step, stimulus, f));
    }
  }
  return Float32Array.from(out);
}

const manifestOf = (IT: ActivationsManifest['regions']['IT'], change: Partial<ActivationsManifest> = {}) => ({
  ...activations,
  ...change,
  regions: { IT },
});
/** What was sent: name -> path. */
const filesIn = (folder: string) => Object.fromEntries(readdirSync(folder).map((name) => [name, join(folder, name)]));
const stepFirst = manifestOf({ file: 'it.npy', axes: ['step', 'stimulus', 'feature'] });

async function write(shape: number[], data = submitted('step first'), idText = ids): Promise<void> {
  put('ids.txt', idText);
  await writeNpyFloat32(join(dir, 'it.npy'), shape, data);
}

async function readBack(manifest: ActivationsManifest): Promise<{ shape: number[]; values: number[] }> {
  const out = join(dir, 'out.npy');
  const supplied = await openActivations(manifest, filesIn(dir), set, scratch);
  expect((await supplied.inspect()).errors).toEqual([]);
  const written = await supplied.write('IT', out);
  await supplied.close();
  const header = await readNpyHeader(out);
  expect([written.steps, written.stimuli, written.features]).toEqual(header.shape);
  return { shape: header.shape, values: [...(await readNpyRows(out, header, 0, header.shape[0]))] };
}

const sorted = [0, 1].flatMap((step) =>
  set.ids.flatMap((id) => Array.from({ length: FEATURES }, (_, f) => cell(step, id, f))),
);

describe('reading', () => {
  test('[step][stimulus][feature], rows put in the order of sorted ids', async () => {
    await write([STEPS, 3, FEATURES]);
    expect(await readBack(stepFirst)).toEqual({ shape: [STEPS, 3, FEATURES], values: sorted });
  });

  test('[stimulus][step][feature]', async () => {
    await write([3, STEPS, FEATURES], submitted('stimulus first'));
    const manifest = manifestOf({ file: 'it.npy', axes: ['stimulus', 'step', 'feature'] });
    expect(await readBack(manifest)).toEqual({ shape: [STEPS, 3, FEATURES], values: sorted });
  });

  test('trailing axes are features; [stimulus][feature] is one step', async () => {
    await write([STEPS, 3, 2, 2]);
    expect((await readBack(stepFirst)).values).toEqual(sorted);
    await write([3, 2, 2, 1], submitted('step first').slice(0, 12));
    const { clock: _, ...still } = manifestOf({ file: 'it.npy', axes: ['stimulus', 'feature'] });
    expect(await readBack(still)).toEqual({ shape: [1, 3, FEATURES], values: sorted.slice(0, 12) });
  });

  test('float16', async () => {
    put('ids.txt', ids);
    const halves = Uint16Array.from([0x3c00, 0x4000, 0x4200]); // 1, 2, 3 of the stimuli c, a, b
    put('it.npy', Buffer.concat([npyHeaderBytes('<f2', [1, 3, 1]), Buffer.from(halves.buffer)]));
    expect((await readBack(stepFirst)).values).toEqual([2, 3, 1]);
  });

  test.each<[string, string, Uint8Array]>([
    ['<f8', 'float64', new Uint8Array(Float64Array.of(1, 2, 3).buffer)],
    ['>f4', 'float32, big-endian', new Uint8Array(Float32Array.of(1, 2, 3).buffer).reverse()],
    ['<i4', 'int32', new Uint8Array(Int32Array.of(1, 2, 3).buffer)],
    ['|u1', 'uint8', Uint8Array.of(1, 2, 3)],
  ])('%s is converted, and said to be', async (dtype, name, bytes) => {
    put('ids.txt', ids);
    put('it.npy', Buffer.concat([npyHeaderBytes(dtype, [1, 3, 1]), bytes]));
    // The stimuli c, a, b hold 1, 2, 3; the bytes of the big-endian ones were turned whole.
    expect((await readBack(stepFirst)).values).toEqual(dtype === '>f4' ? [2, 1, 3] : [2, 3, 1]);
    const { warnings } = await checkActivations(stepFirst, filesIn(dir), set, scratch);
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: 'converted', message: `it.npy holds ${name}; it is read as float32.` }),
    );
  });

  test('a clock over one step, or over steps that repeat each other, is warned of', async () => {
    const warned = async (manifest: ActivationsManifest) =>
      (await checkActivations(manifest, filesIn(dir), set, scratch)).warnings.map(({ code, field }) => [code, field]);
    await write([STEPS, 3, FEATURES]);
    expect(await warned(stepFirst)).toEqual([]);
    const step = submitted('step first').slice(0, 12);
    await write([STEPS, 3, FEATURES], Float32Array.of(...step, ...step));
    expect(await warned(stepFirst)).toEqual([['clock_unused', '/regions/IT']]);
    await write([3, FEATURES], step);
    const axes: ['stimulus', 'feature'] = ['stimulus', 'feature'];
    expect(await warned({ ...stepFirst, regions: { IT: { file: 'it.npy', axes } } })).toEqual([
      ['clock_unused', '/regions/IT/axes'],
    ]);
  });

  test('the digest of the set, Windows line ends, a byte order mark', async () => {
    await write([STEPS, 3, FEATURES], submitted('step first'), '\uFEFFc\r\na\r\nb\r\n\r\n');
    const byDigest = { ...stepFirst, stimuli: { set: set.digest, ids: 'ids.txt' } };
    expect((await readBack(byDigest)).values).toEqual(sorted);
  });

  test('an array larger than one read', async () => {
    const features = 700_000;
    const data = new Float32Array(2 * 3 * features);
    for (let i = 0; i < data.length; i++) data[i] = i;
    await write([2, 3, features], data);
    const { values } = await readBack(stepFirst);
    expect(values[0]).toBe(features); // Step 0, stimulus a: the second row.
    expect(values[2 * features]).toBe(0); // Stimulus c: the first row.
    expect(values[5 * features + 1]).toBe(3 * features + 1); // Step 1, stimulus c.
  });
});

describe('refusals', () => {
  const refused = (manifest: ActivationsManifest = stepFirst) =>
    refusal(() => checkActivations(manifest, filesIn(dir), set, scratch));

  test.each([
    ['an unknown id', 'c\na\nx\n', 'stimulus_unknown', /"x" \(line 3\)/],
    ['a missing id', 'c\na\n', 'stimulus_missing', /1 of the 3 stimuli are missing: b/],
    ['a repeated id', 'c\na\nb\na\n', 'stimulus_repeated', /"a" is on the lines 2 and 4/],
    ['an empty line', 'c\n\na\nb\n', 'stimulus_unknown', /"" \(line 2\)/],
    ['an empty file', '', 'file_empty', /ids.txt is empty/],
  ])('%s', async (_, idText, code, detail) => {
    await write([STEPS, 3, FEATURES], submitted('step first'), idText);
    const error = await refused();
    expect(error).toMatchObject({ code, field: '/stimuli/ids' });
    expect(error.message).toMatch(detail);
    expect(error.remedy).toBeTruthy();
  });

  test.each<[string, number[], RegExp]>([
    ['too few rows', [STEPS, 2, 6], /2 stimuli, and the ids file lists 3/],
    ['axes in another order', [3, STEPS, FEATURES], /2 stimuli/],
    ['too few axes', [24], /axes are named step, stimulus, feature/],
  ])('%s', async (_, shape, detail) => {
    await write(shape);
    const error = await refused();
    expect(error).toMatchObject({ code: 'array_shape', field: '/regions/IT' });
    expect(error.message).toMatch(detail);
  });

  test('no features', async () => {
    await write([STEPS, 3, 0], new Float32Array(0));
    expect(await refused()).toMatchObject({ code: 'array_shape', field: '/regions/IT' });
  });

  test('a type that holds no plain numbers', async () => {
    put('ids.txt', ids);
    put('it.npy', Buffer.concat([npyHeaderBytes('<c8', [2, 3, 4]), new Uint8Array(24 * 8)]));
    const error = await refused();
    expect(error).toMatchObject({ code: 'array_dtype', field: '/regions/IT/file' });
    expect(error.message).toContain('<c8');
  });

  test.each<[string, number[], number, string]>([
    ['is the same for all images at every step', [5, 5, 5, 5, 5, 5], 0, 'activations_constant'],
    ['is the same for all images before the clock starts', [5, 5, 5, 1, 2, 3], 0, 'first_step_mismatch'],
    ['depends on the image before the clock starts', [1, 2, 3, 4, 5, 6], 1, 'first_step_mismatch'],
  ])('supplied IT that %s, as of a model that is run here', async (_, values, firstStep, code) => {
    const manifest = { ...stepFirst, clock: { onsetMs: 70, stepMs: 10, firstStep } };
    await write([2, 3, 1], Float32Array.from(values));
    expect(await refused(manifest)).toMatchObject({ code });
    const turned = [0, 1, 2].flatMap((i) => [values[i]!, values[3 + i]!]);
    await write([3, 2, 1], Float32Array.from(turned));
    const axes: ['stimulus', 'step', 'feature'] = ['stimulus', 'step', 'feature'];
    expect(await refused({ ...manifest, regions: { IT: { file: 'it.npy', axes } } })).toMatchObject({ code });
  });

  test('every region that is wrong, not the first alone', async () => {
    await write([STEPS, 3, FEATURES], new Float32Array(24));
    const source = stepFirst.regions.IT;
    const manifest = { ...stepFirst, regions: { IT: source, V4: { ...source, file: 'no.npy' } } };
    const supplied = await openActivations(manifest, filesIn(dir), set, scratch);
    const { errors } = await supplied.inspect().finally(() => supplied.close());
    expect(errors.map(({ code, field }) => [code, field])).toEqual([
      ['file_missing', '/regions/V4/file'],
      ['activations_constant', '/regions/IT'],
    ]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d says where it is', async (bad) => {
    const data = submitted('step first');
    data[1 * 12 + 2 * 4 + 3] = bad; // Step 1, third row (stimulus b), feature 3.
    await write([STEPS, 3, FEATURES], data);
    const error = await refused();
    expect(error).toMatchObject({ code: 'array_not_finite', field: '/regions/IT/file' });
    expect(error.message).toContain(`${bad} at step 1, stimulus "b", feature 3`);
    await write([3, STEPS, FEATURES], data);
    const turned = await refused(manifestOf({ file: 'it.npy', axes: ['stimulus', 'step', 'feature'] }));
    expect(turned.message).toContain(`${bad} at step 1, stimulus "b", feature 3`);
  });

  test('another stimulus set', async () => {
    await write([STEPS, 3, FEATURES]);
    const error = await refused({ ...stepFirst, stimuli: { set: 'other-set', ids: 'ids.txt' } });
    expect(error).toMatchObject({ code: 'stimulus_set_mismatch', field: '/stimuli/set' });
  });

  test('files that were not sent, an array cut off', async () => {
    await write([STEPS, 3, FEATURES]);
    expect(await refused({ ...stepFirst, stimuli: { set: 'small-set', ids: 'no.txt' } })).toMatchObject({
      code: 'file_missing',
      field: '/stimuli/ids',
    });
    expect(await refused(manifestOf({ ...stepFirst.regions.IT, file: 'no.npy' }))).toMatchObject({
      code: 'file_missing',
      field: '/regions/IT/file',
    });
    put('it.npy', Buffer.concat([npyHeaderBytes('<f4', [2, 3, 4]), new Uint8Array(90)]));
    expect(await refused()).toMatchObject({ code: 'not_npy' });
  });

  test('a clock that does not fit the steps', async () => {
    await write([STEPS, 3, FEATURES]);
    expect(await refused({ ...stepFirst, clock: { onsetMs: 70, stepMs: 10, firstStep: 2 } })).toMatchObject({
      code: 'invalid_manifest',
      field: '/clock/firstStep',
    });
    expect(await refused({ ...stepFirst, clock: { windowsMs: [[70, 80]] } })).toMatchObject({
      code: 'invalid_manifest',
      field: '/clock/windowsMs',
    });
  });

  test('a region that is not there; nothing is left behind', async () => {
    await write([STEPS, 3, FEATURES]);
    const out = join(dir, 'v4.npy');
    const supplied = await openActivations(stepFirst, filesIn(dir), set, scratch);
    const error = await refusal(() => supplied.write('V4', out));
    await supplied.close();
    expect(error).toMatchObject({ code: 'file_missing', field: '/regions/V4' });
    expect(existsSync(out)).toBe(false);
  });
});
