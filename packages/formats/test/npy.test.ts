import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { npyHeaderBytes, readNpyHeader, readNpyRows, writeNpyFloat32 } from '../src/index.js';
import { refusal, temporaryFolder } from './support/files.js';

const { dir, put } = temporaryFolder();
const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.npy`, import.meta.url));
const ramp = Array.from({ length: 12 }, (_, i) => i / 4);
const npy = (header: string, values: Uint8Array = new Uint8Array(0), version = 1) => {
  const text = Buffer.from(`${header}\n`);
  const prefix = Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0\0\0`, 'latin1');
  prefix.writeUInt16LE(text.length, 8);
  return Buffer.concat([prefix, text, values]);
};

describe('what NumPy writes', () => {
  test.each(['float32', 'version2', 'version3'])('%s', async (name) => {
    const header = await readNpyHeader(fixture(name));
    expect(header).toMatchObject({ dtype: '<f4', shape: [3, 4], fortranOrder: false });
    expect([...(await readNpyRows(fixture(name), header, 0, 3))]).toEqual(ramp);
    expect([...(await readNpyRows(fixture(name), header, 1, 1))]).toEqual(ramp.slice(4, 8));
  });

  test('float16, to the last subnormal', async () => {
    const header = await readNpyHeader(fixture('float16'));
    const rows = await readNpyRows(fixture('float16'), header, 0, 3);
    const { POSITIVE_INFINITY: inf } = Number;
    expect([...rows]).toEqual([
      ...[0, -0, 1, -2.5],
      ...[65504, 2 ** -14, 2 ** -24, inf],
      ...[-inf, Number.NaN, 0.333251953125, 0.0999755859375],
    ]);
  });

  test.each([
    ['float64', '<f8', [3, 4], ramp],
    ['big-endian', '>f4', [3, 4], ramp],
  ])('%s is read as float32', async (name, dtype, shape, values) => {
    const header = await readNpyHeader(fixture(name));
    expect(header).toMatchObject({ dtype, shape });
    expect([...(await readNpyRows(fixture(name), header, 0, 3))]).toEqual(values);
  });

  test('whole numbers of every width and byte order are read as float32', async () => {
    const stored: [dtype: string, values: ArrayBufferView, read: number[]][] = [
      ['|b1', Uint8Array.of(0, 1), [0, 1]],
      ['|u1', Uint8Array.of(3, 255), [3, 255]],
      ['|i1', Int8Array.of(-3, 127), [-3, 127]],
      ['<u2', Uint16Array.of(3, 65535), [3, 65535]],
      ['<i2', Int16Array.of(-3, 300), [-3, 300]],
      ['<u4', Uint32Array.of(3, 2 ** 31), [3, 2 ** 31]],
      ['<i4', Int32Array.of(-3, 2 ** 24), [-3, 2 ** 24]],
      ['<u8', BigUint64Array.of(3n, 2n ** 40n), [3, 2 ** 40]],
      ['<i8', BigInt64Array.of(-3n, 300n), [-3, 300]],
      ['>i2', Uint8Array.of(0xff, 0xfd, 0x01, 0x2c), [-3, 300]],
      ['>f8', Uint8Array.of(0x40, 0x04, 0, 0, 0, 0, 0, 0, 0xbf, 0xf0, 0, 0, 0, 0, 0, 0), [2.5, -1]],
    ];
    for (const [dtype, values, read] of stored) {
      const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
      const path = put('whole.npy', Buffer.concat([npyHeaderBytes(dtype, [2, 1]), bytes]));
      const header = await readNpyHeader(path);
      expect([...(await readNpyRows(path, header, 0, 2))], dtype).toEqual(read);
      expect([...(await readNpyRows(path, header, 1, 1))], dtype).toEqual(read.slice(1));
    }
  });

  test('Fortran order', async () => {
    const header = await readNpyHeader(fixture('fortran'));
    expect(header.fortranOrder).toBe(true);
    const error = await refusal(() => readNpyRows(fixture('fortran'), header, 0, 1));
    expect(error.code).toBe('array_shape');
    expect(error.remedy).toContain('ascontiguousarray');
  });

  test('Python objects are refused', async () => {
    const error = await refusal(() => readNpyHeader(fixture('objects')));
    expect(error.code).toBe('array_dtype');
    expect(error.message).toMatch(/Python objects/);
  });

  test('an error names the array by the label that it was given, not by a file of ours', async () => {
    const error = await refusal(() => readNpyHeader(fixture('objects'), 'probe.npz#IT'));
    expect(error).toMatchObject({ field: 'probe.npz#IT', message: expect.stringMatching(/^probe\.npz#IT holds/) });
  });
});

describe('writing', () => {
  test('the bytes are those of numpy.save', async () => {
    const path = `${dir}/out.npy`;
    await writeNpyFloat32(path, [3, 4], Float32Array.from(ramp));
    expect(readFileSync(path)).toEqual(readFileSync(fixture('float32')));
  });

  test.each([[[]], [[5]], [[2, 3, 4]], [[1_000_000, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]]])('shape %j', async (shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const path = put('shape.npy', Buffer.concat([npyHeaderBytes('|u1', shape), new Uint8Array(count)]));
    const header = await readNpyHeader(path);
    expect(header.shape).toEqual(shape);
    expect(header.dataOffset % 64).toBe(0);
  });

  test('a shape that the values do not fill leaves no file behind', async () => {
    await expect(writeNpyFloat32(`${dir}/never.npy`, [3], new Float32Array(2))).rejects.toThrow(RangeError);
    await expect(writeNpyFloat32(`${dir}/absent/never.npy`, [2], new Float32Array(2))).rejects.toThrow('ENOENT');
    expect(readdirSync(dir).filter((name) => name.includes('never'))).toEqual([]);
  });
});

describe('what is no .npy file', () => {
  const f4 = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  test.each<[string, Uint8Array | string, string, RegExp]>([
    ['an empty file', '', 'file_empty', /empty/],
    ['a .npz', 'PK\x03\x04 and so on', 'not_npy', /zip archive/],
    ['text', 'stimulus_id,filename', 'not_npy', /not a .npy file/],
    ['an unknown version', npy(f4, new Uint8Array(8), 9), 'not_npy', /version 9/],
    ['values cut off', npy(f4, new Uint8Array(7)), 'not_npy', /cut off/],
    ['values too many', npy(f4, new Uint8Array(9)), 'not_npy', /after its values/],
    ['a header cut off', npy(f4).subarray(0, 30), 'not_npy', /inside its header/],
    ['a header without shape', npy("{'descr': '<f4', 'fortran_order': False}"), 'not_npy', /not understood/],
    ['a negative size', npy(f4.replace('(2,)', '(-2,)')), 'not_npy', /impossible shape/],
    ['a size beyond all files', npy(f4.replace('(2,)', '(99999999999, 99999999999)')), 'not_npy', /impossible shape/],
    ['a structured array', npy(f4.replace("'<f4'", "[('a', '<f4')]")), 'not_npy', /structured/],
    ['complex numbers', npy(f4.replace('<f4', '<c8'), new Uint8Array(16)), 'array_dtype', /<c8/],
  ])('%s', async (_, bytes, code, detail) => {
    const path = put('bad.npy', typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    const error = await refusal(() => readNpyHeader(path));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(detail);
    expect(error.remedy).toBeTruthy();
  });

  test('rows that are not there', async () => {
    const header = await readNpyHeader(fixture('float32'));
    const error = await refusal(() => readNpyRows(fixture('float32'), header, 2, 2));
    expect(error.code).toBe('array_shape');
  });
});
