import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnnxManifest } from '@corescore/contracts';
import { npyHeaderBytes } from '@corescore/formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zip } from '../../formats/test/support/zip-writer.js';
import { Bench, namesIn } from './extraction.js';
import { manifest, plain, SIDE, stepNames, unrolled } from './models.js';
import type { Graph } from './onnx-writer.js';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());

const N = 3;
/** Every pixel of image i, channel c. */
const level = (i: number, c: number): number => 20 + 50 * i + 30 * c;
const images = Uint8Array.from({ length: N * SIDE * SIDE * 3 }, (_, at) =>
  level(Math.floor(at / (SIDE * SIDE * 3)), at % 3),
);
const npy = (dtype: '<f4' | '|u1', shape: number[], values: Float32Array | Uint8Array): Buffer =>
  Buffer.concat([npyHeaderBytes(dtype, shape), Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);

/** Mean over pixels of each image in [0, 1], times `factors`, one a step: what the submitter's own code says. */
const expected = (factors: number[]): Float32Array =>
  Float32Array.from(
    factors.flatMap((factor) =>
      Array.from({ length: N * 3 }, (_, at) => (factor * level(Math.floor(at / 3), at % 3)) / 255),
    ),
  );

let files = 0;
async function probed(
  model: Graph,
  about: Partial<OnnxManifest>,
  arrays: Record<string, Buffer>,
  declared: Partial<NonNullable<OnnxManifest['probe']>> = {},
) {
  const archive = zip(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes] as const));
  const path = join(bench.folder, `probe-${files++}.npz`);
  await writeFile(path, archive);
  const probe = { images: N, sha256: createHash('sha256').update(archive).digest('hex'), ...declared };
  const outDir = bench.newOutDir();
  const run = bench.extract(
    { 'model.onnx': await bench.model(model), 'probe.npz': path },
    manifest({ ...about, probe }),
    {
      outDir,
    },
  );
  return { run, outDir };
}

const shown = npy('|u1', [N, SIDE, SIDE, 3], images);
const it1 = npy('<f4', [N, 3], expected([1]));

describe('the probe of a model', () => {
  it('agrees, without time and with every step', async () => {
    const once = await probed(plain, {}, { images: shown, IT: it1 });
    expect((await once.run).regions.IT.stimuli).toBe(5);
    const steps = { regions: { IT: { outputs: stepNames(2) } } };
    const twice = await probed(unrolled(2), steps, { images: shown, IT: npy('<f4', [2, N, 3], expected([1, 2])) });
    expect((await twice.run).regions.IT.steps).toBe(2);
  });

  it.each<[string, Partial<OnnxManifest['input']>]>([
    ['channel order', { channelOrder: 'bgr' }],
    ['range', { range: [-1, 1] }],
    ['mean', { mean: [0.5] }],
    ['degrees stay out of it, std does not', { visualDegrees: 4, std: [0.9] }],
  ])('catches another %s, says where and how much, and nothing is left', async (_, input) => {
    const about = { input: { ...manifest().input, ...input } };
    const { run, outDir } = await probed(plain, about, { images: shown, IT: it1 });
    await expect(run).rejects.toMatchObject({
      kind: 'contract_violation',
      code: 'probe_mismatch',
      field: '/regions/IT',
      message: expect.stringMatching(/IT differs from the probe by [\d.e+]+ % .* step 0, image \d, feature \d/),
      remedy: expect.stringContaining('channelOrder'),
    });
    expect(await namesIn(outDir)).toEqual([]);
  });

  it('is not stretched or framed: it covers the input, whatever degrees that is', async () => {
    const about = { input: { ...manifest().input, visualDegrees: 4 } };
    await (await probed(plain, about, { images: shown, IT: it1 })).run;
  });

  it('is within the tolerance that the manifest asks for', async () => {
    const near = expected([1]).map((value) => value * 1.004);
    const arrays = { images: shown, IT: npy('<f4', [N, 3], near) };
    await expect((await probed(plain, {}, arrays)).run).rejects.toMatchObject({ code: 'probe_mismatch' });
    await (await probed(plain, {}, arrays, { tolerance: 0.01 })).run;
  });

  it.each<[string, Record<string, Buffer>, string]>([
    ['no images', { IT: it1 }, 'file_missing'],
    ['no IT', { images: shown }, 'file_missing'],
    ['an array of no region', { images: shown, IT: it1, V4: it1 }, 'array_shape'],
    [
      'another number of images',
      { images: npy('|u1', [1, SIDE, SIDE, 3], images.subarray(0, 192)), IT: it1 },
      'array_shape',
    ],
    ['images of another type', { images: npy('<f4', [N, 3], expected([1])), IT: it1 }, 'array_shape'],
    ['another number of features', { images: shown, IT: npy('<f4', [N, 2], new Float32Array(6)) }, 'probe_mismatch'],
    ['NaN', { images: shown, IT: npy('<f4', [N, 3], new Float32Array(9).fill(Number.NaN)) }, 'probe_mismatch'],
  ])('with %s is refused', async (_, arrays, code) => {
    await expect((await probed(plain, {}, arrays)).run).rejects.toMatchObject({ kind: 'contract_violation', code });
  });

  it('is the file that the manifest means', async () => {
    const { run } = await probed(plain, {}, { images: shown, IT: it1 }, { sha256: 'a'.repeat(64) });
    await expect(run).rejects.toMatchObject({ code: 'invalid_manifest', field: '/probe/sha256' });
  });
});
