import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isNetwork, type Manifest, type ModelFiles, type NetworkManifest } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import { inspectNetwork, parseManifest, readAssembly } from '../src/index.js';
import { refusal } from './support/files.js';

const folder = fileURLToPath(new URL('./fixtures/cases/', import.meta.url));

/** What an upload of a case is checked with: a model may be called anything, what lies beside it keeps its name. */
function submission(name: string, edit: (manifest: NetworkManifest) => void = () => undefined) {
  const dir = join(folder, name);
  const manifest: Manifest = parseManifest(readFileSync(join(dir, 'corescore.json'), 'utf8'));
  if (!isNetwork(manifest)) throw new Error('the cases are networks');
  edit(manifest);
  const own = manifest.kind === 'onnx' ? 'model.onnx' : 'model.json';
  const files: ModelFiles = Object.fromEntries(
    readdirSync(dir)
      .filter((file) => file !== 'corescore.json')
      .map((file) => [file.endsWith('.onnx') || file === own ? own : file, join(dir, file)]),
  );
  return inspectNetwork(manifest, files);
}
const said = async (name: string, edit?: (manifest: NetworkManifest) => void) => {
  const { errors, facts } = await submission(name, edit);
  return { errors: errors.map(({ code, field }) => [code, field]), warnings: facts?.warnings.map(({ code }) => code) };
};

describe('what an upload says of submissions that misled their submitters', () => {
  test('bytes scaled to [0, 1] are refused: 2 of 256 levels are left', async () => {
    const { errors } = await submission('u8nchw-range');
    expect(errors).toMatchObject([
      { code: 'input_values', field: '/input/range', remedy: expect.stringContaining('[0, 255]') },
    ]);
    expect(errors[0]!.message).toContain('keeps 2 of the 256 levels');
  });

  test('bytes without a range, or in [0, 255], are as they should be', async () => {
    const clear = { errors: [], warnings: [] };
    expect(await said('u8nchw-range', ({ input }) => delete input.range)).toEqual(clear);
    expect(await said('u8nchw-range', ({ input }) => Object.assign(input, { range: [0, 255] }))).toEqual(clear);
  });

  test('a model that insists on 32 images at a time, and one that takes float64 images, are taken', async () => {
    expect(await said('b32')).toEqual({ errors: [], warnings: [] });
    expect((await submission('b32')).facts).toMatchObject({ fixedBatch: 32, imageType: 'float32' });
    expect(await said('f64in')).toEqual({ errors: [], warnings: [] });
  });

  test('a layers model of Keras 3 is named, with what can be done', async () => {
    const { errors } = await submission('keras3');
    expect(errors).toMatchObject([{ code: 'not_tfjs', field: 'model.json' }]);
    expect(errors[0]!.message).toContain('Keras 3.7.0');
    expect(errors[0]!.remedy).toMatch(/tfjs_graph_model.*Keras 2.*ONNX/);
  });

  test('a clock and no step axis: warned of, with the axis that may be meant', async () => {
    const { errors, facts } = await submission('noaxis');
    expect(errors).toEqual([]);
    expect(facts!.warnings).toMatchObject([
      { code: 'clock_unused', field: '/regions/IT', remedy: expect.stringContaining('axis 1 of [N, 3, 16, 8, 8]') },
    ]);
    const withAxis = ({ regions }: NetworkManifest) => Object.assign(regions.IT, { stepAxis: 1 });
    expect(await said('noaxis', withAxis)).toEqual({ errors: [], warnings: [] });
  });

  test('a sequence as output is refused by name', async () => {
    const { errors } = await submission('seq');
    expect(errors).toMatchObject([
      { code: 'array_dtype', field: '/regions/IT/output', message: '"it" is a sequence, not a tensor.' },
    ]);
    expect(errors[0]!.remedy).toContain('torch.stack');
  });

  test('weights in a file with a space in its name: the space is the reason', async () => {
    const { errors } = await submission('torchspace');
    expect(errors[0]).toMatchObject({ code: 'path_refused' });
    expect(errors[0]!.message).toContain('"my model.onnx.data": this name has a space in it');
    expect(errors[0]!.remedy).toContain('"my-model.onnx"');
  });

  test('recordings with a filter that is not read here are whole: the filter is named', async () => {
    const error = await refusal(() => readAssembly(join(folder, 'zstd.nc')));
    expect(error).toMatchObject({ code: 'file_format', field: 'zstd.nc' });
    expect(error.message).toContain('"data" of zstd.nc is compressed with the filter zstd (HDF5 filter 32015)');
    expect(error.message).not.toContain('damaged');
    expect(error.remedy).toContain('zlib');
  });
});
