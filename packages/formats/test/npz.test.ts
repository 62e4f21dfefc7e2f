import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { npyHeaderBytes, openNpz, readNpyHeader, readNpyRows } from '../src/index.js';
import { refusal, temporaryFolder } from './support/files.js';
import { type Member, zip } from './support/zip-writer.js';

const { dir, put } = temporaryFolder();
const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const MAX = 1 << 20;
const ramp = Array.from({ length: 12 }, (_, i) => i / 4);
const array = Buffer.concat([npyHeaderBytes('<f4', [3, 4]), Buffer.from(Float32Array.from(ramp).buffer)]);
const open = (path: string, maxBytes = MAX) => openNpz(path, { maxBytes });

let count = 0;
const fresh = () => join(dir, `out-${count++}.npy`);
const valuesOf = async (path: string) => {
  const header = await readNpyHeader(path);
  return [...(await readNpyRows(path, header, 0, header.shape[0]))];
};

describe('what NumPy writes', () => {
  test('numpy.savez: named, extracted byte for byte, found in place', async () => {
    const npz = await open(fixture('stored.npz'));
    expect(npz.names).toEqual(['it', 'v4', 'it16']);
    const out = fresh();
    await npz.extract('it', out);
    expect(readFileSync(out)).toEqual(readFileSync(fixture('float32.npy')));
    for (const [name, file] of [
      ['it', 'float32.npy'],
      ['v4', 'fortran.npy'],
      ['it16', 'float16.npy'],
    ]) {
      const at = await npz.locate(name);
      const there = readFileSync(fixture('stored.npz')).subarray(at!.start, at!.start + at!.bytes);
      expect(there).toEqual(readFileSync(fixture(file)));
    }
    npz.close();
  });

  test('numpy.savez_compressed: extracted, and not to be read in place', async () => {
    const npz = await open(fixture('deflated.npz'));
    const [it, zeros] = [fresh(), fresh()];
    await npz.extract('it', it);
    await npz.extract('zeros', zeros);
    expect(await valuesOf(it)).toEqual(ramp);
    expect(await valuesOf(zeros)).toEqual(new Array(64 * 64).fill(0));
    expect(await npz.locate('it')).toBeNull();
    npz.close();
  });
});

test('ZIP64, other members beside the arrays', async () => {
  const path = put(
    'zip64.npz',
    zip([
      { name: 'notes.txt', bytes: Buffer.from('x') },
      { name: 'it.npy', bytes: array, zip64: true },
      { name: 'v4.npy', bytes: array, zip64: true, deflate: true },
    ]),
  );
  const npz = await open(path);
  expect(npz.names).toEqual(['it', 'v4']);
  for (const name of npz.names) {
    const out = fresh();
    await npz.extract(name, out);
    expect(readFileSync(out)).toEqual(array);
  }
  npz.close();
});

describe('refusals', () => {
  const opening = (...members: Member[]) => refusal(() => open(put('x.npz', zip(members))));
  const it = { name: 'it.npy', bytes: array };

  test.each(['../it.npy', '/it.npy', 'a/../../it.npy', 'a\\it.npy', 'C:/it.npy', 'it\0.npy'])(
    'the name %j',
    async (name) => {
      const error = await opening(it, { ...it, name });
      expect(error).toMatchObject({ code: 'path_refused', field: 'x.npz' });
      expect(error.remedy).toContain('numpy.savez');
    },
  );

  test.each<[string, Member[], RegExp]>([
    ['encrypted', [{ ...it, encrypted: true, declaredBytes: array.length - 12 }], /encrypted/],
    ['two of one name', [it, it], /two files it\.npy/],
    ['another compression', [{ ...it, method: 14 }], /method 14/],
    ['sizes that differ for a stored member', [{ ...it, declaredBytes: 10 }], /size mismatch/],
  ])('%s', async (_, members, detail) => {
    const error = await opening(...members);
    expect(error).toMatchObject({ code: 'not_npz', field: 'x.npz' });
    expect(error.message).toMatch(detail);
    expect(error.remedy).toBeTruthy();
  });

  test.each([
    ['no archive', Buffer.from('1,2,3\n4,5,6\n')],
    ['an empty file', Buffer.alloc(0)],
    ['a .npy file', array],
  ])('%s', async (_, bytes) => {
    expect(await refusal(() => open(put('no.npz', bytes)))).toMatchObject({ code: 'not_npz', field: 'no.npz' });
  });

  test('an archive cut off', async () => {
    const path = put('cut.npz', zip([it]));
    truncateSync(path, 100);
    expect(await refusal(() => open(path))).toMatchObject({ code: 'not_npz' });
  });

  test('an array that is not there: the others are told', async () => {
    const npz = await open(fixture('stored.npz'));
    const error = await refusal(() => npz.extract('IT', fresh()));
    expect(error).toMatchObject({ code: 'file_missing', field: 'stored.npz' });
    expect(error.remedy).toContain('it, v4, it16');
    npz.close();
  });

  const extracting = async (members: Member[], maxBytes = MAX) => {
    const npz = await open(put('y.npz', zip(members)), maxBytes);
    const error = await refusal(() => npz.extract('it', join(dir, 'never.npy')));
    npz.close();
    expect(existsSync(join(dir, 'never.npy'))).toBe(false);
    return error;
  };

  test('bytes that are not those that were packed', async () => {
    expect(await extracting([{ ...it, crc: 1 }])).toMatchObject({ code: 'not_npz' });
    expect(await extracting([{ ...it, crc: 1, deflate: true }])).toMatchObject({ code: 'not_npz' });
    const npz = await open(put('z.npz', zip([{ ...it, crc: 1 }])));
    expect((await refusal(() => npz.locate('it'))).message).toMatch(/CRC-32 of it\.npy/);
    npz.close();
  });

  test('a deflate stream that is broken, or ends early', async () => {
    const good = zip([{ ...it, deflate: true }]);
    const bad = Buffer.from(good);
    bad.fill(0xff, 36, 60); // Behind the local header of 30 bytes and the name of 6.
    const npz = await open(put('bad.npz', bad));
    expect(await refusal(() => npz.extract('it', fresh()))).toMatchObject({ code: 'not_npz' });
    npz.close();
    expect(await extracting([{ ...it, deflate: true, declaredBytes: array.length + 1 }])).toMatchObject({
      code: 'not_npz',
    });
  });

  test('a zip bomb, honest and lying: never more is written than was declared', async () => {
    const zeros = { name: 'it.npy', bytes: Buffer.alloc(8 * MAX), deflate: true };
    const honest = await extracting([zeros]);
    expect(honest).toMatchObject({ code: 'activations_too_large', field: 'y.npz' });
    expect(honest.message).toContain(String(8 * MAX));
    const lying = await extracting([{ ...zeros, declaredBytes: 1000 }]);
    expect(lying).toMatchObject({ code: 'not_npz' });
    expect(lying.message).toMatch(/too many bytes/);
  });

  test('arrays that are too large only together', async () => {
    const path = put('many.npz', zip([it, { ...it, name: 'v4.npy' }]));
    const npz = await open(path, array.length + 10);
    await npz.extract('it', fresh());
    expect(await refusal(() => npz.extract('v4', fresh()))).toMatchObject({ code: 'activations_too_large' });
    npz.close();
  });

  test('a file that is there already is not written over', async () => {
    const path = join(dir, 'mine.npy');
    writeFileSync(path, 'mine');
    const npz = await open(fixture('stored.npz'));
    await expect(npz.extract('it', path)).rejects.toThrow(/EEXIST/);
    expect(readFileSync(path, 'utf8')).toBe('mine');
    npz.close();
  });
});
