import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readAssembly } from '../src/index.js';
import { refusal, temporaryFolder } from './support/files.js';

const { put } = temporaryFolder();
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const NaN_ = Number.NaN;

describe('what xarray writes', () => {
  test('an assembly with a named dimension coordinate and text of both kinds', async () => {
    const assembly = await readAssembly(here('./fixtures/ost.nc'));
    expect(assembly.dims).toEqual([
      { name: 'decoder', size: 2 },
      { name: 'presentation', size: 4 },
    ]);
    expect([...assembly.data]).toEqual([70, NaN_, 104.5, 130, 80, 90, NaN_, 140]);
    expect(assembly.coords).toEqual({
      decoder: { dim: 'decoder', values: ['svm', 'logistic'] },
      stimulus_id: { dim: 'presentation', values: ['stim-0', 'stim-1', 'stim-2', 'stim-3'] },
      image_label: { dim: 'presentation', values: ['bear', 'dog', 'bear', 'dog'] },
      i1: { dim: 'presentation', values: [1.5, 2.5, -0.5, NaN_] },
      repetition: { dim: 'presentation', values: [0, 1, 2, 3] },
      code: { dim: 'presentation', values: ['ab', 'c', '', 'de'] },
    });
    expect(assembly.attributes).toEqual({ stimulus_set_identifier: 'Kar2019', bins: [70, 80] });
  });

  test('packed values: scale, offset and fill value', async () => {
    const { data, coords } = await readAssembly(here('./fixtures/packed.nc'), 'rates');
    expect([...data]).toEqual([0.5, -1, NaN_, 3.25, 2, 100]);
    expect(Object.keys(coords).sort()).toEqual(['neuroid_id', 'time_bin_start']);
  });

  test('several variables: one must be named', async () => {
    const unnamed = await refusal(() => readAssembly(here('./fixtures/packed.nc')));
    expect(unnamed.code).toBe('file_format');
    expect(unnamed.message).toContain('rates, errors');
    const absent = await refusal(() => readAssembly(here('./fixtures/packed.nc'), 'neuroid_id'));
    expect(absent.message).toContain('no numeric variable "neuroid_id"');
    expect(absent.remedy).toContain('rates');
  });
});

describe('what cannot be read', () => {
  test('netCDF-3, another file, an empty one', async () => {
    const classic = await refusal(() => readAssembly(here('./fixtures/classic.nc')));
    expect(classic.message).toContain('netCDF-3');
    expect(classic.remedy).toContain('nccopy');
    expect((await refusal(() => readAssembly(here('./fixtures/make.py')))).code).toBe('file_format');
    expect((await refusal(() => readAssembly(put('empty.nc', '')))).code).toBe('file_empty');
  });

  test('a file that is cut off', async () => {
    const whole = readFileSync(here('./fixtures/ost.nc'));
    for (const part of [0.1, 0.5, 0.9]) {
      const path = put('cut.nc', whole.subarray(0, Math.floor(whole.length * part)));
      const error = await refusal(() => readAssembly(path));
      expect(error).toMatchObject({ code: 'file_format', field: 'cut.nc' });
    }
  });
});

describe('real files', () => {
  test('the bundled simulated IT', async () => {
    const { dims, data, coords, attributes } = await readAssembly(
      here('../../stimuli/data/core-objects-spike/target.nc'),
    );
    expect(dims).toEqual([
      { name: 'presentation', size: 4 * 660 },
      { name: 'neuroid', size: 160 },
      { name: 'time_bin', size: 18 },
    ]);
    expect([...data.subarray(0, 4)]).toEqual([-0.1875, -0.25, 0.125, 0.4375]);
    expect(coords['time_bin_start'].values).toEqual(Array.from({ length: 18 }, (_, i) => 70 + 10 * i));
    expect(coords['stimulus_id'].values[0]).toBe('0015b9bfc3cbda4cd9ec55f26e9f31ac4d67bb32');
    expect(coords['tau_ms']).toMatchObject({ dim: 'presentation' });
    expect(attributes['stimulus_set_identifier']).toBe('core-objects-spike');
  });

  const recording = here('../../../../shared/data/zhang-desimone/assy_ZhangDesimone2011_7objects.nc');
  test('the recordings of Zhang and others (2011)', async (context) => {
    context.skip(!existsSync(recording), 'the recordings are not here: ../shared/data/zhang-desimone');
    const { dims, data, coords } = await readAssembly(recording);
    expect(dims.map((d) => d.size)).toEqual([399, 132, 100]);
    expect(new Set(coords['object_name'].values)).toEqual(
      new Set(['car', 'couch', 'face', 'flower', 'guitar', 'hand', 'kiwi']),
    );
    expect(coords['time_bin_start'].values[0]).toBe(-500);
    // Spike counts: whole numbers, a few of them not 0.
    expect(data.every((v) => Number.isInteger(v) && v >= 0)).toBe(true);
    expect(data.some((v) => v > 1)).toBe(true);
  });
});
