import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkActivations, npyHeaderBytes, openActivations, readNpyHeader, readNpyRows } from '../src/index.js';
import { copyInCOrder } from '../src/npy/fortran.js';
import { refusal, temporaryFolder } from './support/files.js';
import { activations } from './support/manifests.js';

const { dir, put } = temporaryFolder();
const scratch = { dir, maxBytes: 1 << 30 };

/** The file numpy.save writes of numpy.asfortranarray(x), x[i, j, ...] = the place of the value in C order. */
function fortran(shape: number[], Values: Float32ArrayConstructor | Uint16ArrayConstructor = Float32Array): Buffer {
  const total = shape.reduce((a, b) => a * b, 1);
  const values = new Values(total);
  for (let place = 0; place < total; place++) {
    let rest = place;
    let at = 0;
    let stride = total;
    for (const size of [...shape].reverse()) {
      stride /= size;
      at += (rest % size) * stride;
      rest = Math.floor(rest / size);
    }
    values[at] = place;
  }
  const header = npyHeaderBytes(Values === Float32Array ? '<f4' : '<f2', shape).toString('latin1');
  return Buffer.concat([Buffer.from(header.replace('False,', 'True, '), 'latin1'), Buffer.from(values.buffer)]);
}

describe('copying in C order', () => {
  const copied = async (bytes: Buffer, blockValues?: number) => {
    const path = put('f.npy', bytes);
    const header = await readNpyHeader(path);
    expect(header.fortranOrder).toBe(true);
    const out = join(dir, 'c.bin');
    await writeFile(out, '');
    const [source, target] = [await open(path, 'r'), await open(out, 'r+')];
    const done = await copyInCOrder(source, header, target, blockValues);
    await source.close();
    await target.close();
    return { done, bytes: await readFile(out), header };
  };
  const inOrder = (total: number) => Array.from({ length: total }, (_, i) => i);

  test.each([[[3, 4]], [[4, 1]], [[1, 5]], [[2, 3, 4]], [[2, 3, 4, 5]]])('shape %j, at once', async (shape) => {
    const { done, bytes } = await copied(fortran(shape));
    expect(done).toBe(true);
    expect([...new Float32Array(new Uint8Array(bytes).buffer)]).toEqual(inOrder(shape.reduce((a, b) => a * b)));
  });

  test.each([Float32Array, Uint16Array] as const)('in blocks, the last one shorter', async (Values) => {
    const { done, bytes } = await copied(fortran([2, 3, 700], Values), 6 * 300);
    expect(done).toBe(true);
    expect([...new Values(new Uint8Array(bytes).buffer)]).toEqual(inOrder(4200));
  });

  test('a last axis that is too short for it is left', async () => {
    const { done, bytes } = await copied(fortran([30, 20, 300]), 600 * 255);
    expect([done, bytes.length]).toEqual([false, 0]);
  });

  test('what NumPy writes of a ramp', async () => {
    const { bytes, header } = await copied(await readFile(new URL('./fixtures/fortran.npy', import.meta.url)));
    expect(header.shape).toEqual([3, 4]);
    expect([...new Float32Array(new Uint8Array(bytes).buffer)]).toEqual(inOrder(12).map((i) => i / 4));
  });
});

describe('as activations', () => {
  const set = { identifier: 'small-set', digest: 'd'.repeat(64), ids: ['a', 'b', 'c'] };
  const files = (bytes: Buffer) => ({ 'ids.txt': put('ids.txt', 'a\nb\nc\n'), 'it.npy': put('it.npy', bytes) });

  test('the array is the one that was meant', async () => {
    const supplied = await openActivations(activations, files(fortran([2, 3, 4])), set, scratch);
    expect((await supplied.inspect()).errors).toEqual([]);
    const out = join(dir, 'out.npy');
    await supplied.write('IT', out);
    await supplied.close();
    const header = await readNpyHeader(out);
    expect([...(await readNpyRows(out, header, 0, 2))]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  test('one that is over the limit of what may be turned is refused by name', async () => {
    const small = { ...scratch, maxBytes: 95 };
    const error = await refusal(() => checkActivations(activations, files(fortran([2, 3, 4])), set, small));
    expect(error).toMatchObject({ code: 'array_shape', field: '/regions/IT/file' });
    expect(error.remedy).toContain('ascontiguousarray');
  });
});
