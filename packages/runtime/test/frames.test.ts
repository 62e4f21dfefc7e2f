import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { encodeFrame, type Frame, FrameError, readFrames } from '../src/frames.js';

/** What arrives when the bytes come in chunks of this size. */
async function receive(bytes: Uint8Array, chunk: number, limit = 1000): Promise<{ frame: Frame; payload: number[] }[]> {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunk) chunks.push(Buffer.from(bytes.subarray(at, at + chunk)));
  const frames: { frame: Frame; payload: number[] }[] = [];
  for await (const { frame, payload } of readFrames(Readable.from(chunks), limit)) {
    frames.push({ frame, payload: [...new Float32Array(payload.buffer, payload.byteOffset, payload.byteLength / 4)] });
  }
  return frames;
}

const rows: Frame = { type: 'rows', name: 'IT', step: 1, steps: 1, start: 2, count: 1 };
const values = Float32Array.of(1.5, -2, 3e7);
const bytes = Buffer.concat([
  ...encodeFrame({ type: 'started' }),
  ...encodeFrame(rows, [new Uint8Array(values.buffer, 0, 4), new Uint8Array(values.buffer, 4)]),
  ...encodeFrame({ type: 'done' }),
]);

describe('frames', () => {
  it.each([1, 3, 8, 17, 10_000])('arrive whole in chunks of %i bytes', async (chunk) => {
    expect(await receive(bytes, chunk)).toEqual([
      { frame: { type: 'started' }, payload: [] },
      { frame: rows, payload: [...values] },
      { frame: { type: 'done' }, payload: [] },
    ]);
  });

  it('have a payload that stays until the second one after it is read', async () => {
    const blocks = Array.from({ length: 6 }, (_, i) => Float32Array.from({ length: 1 + ((5 * i) % 7) }, () => i));
    const sent = blocks.flatMap((block) => [
      ...encodeFrame(rows, [new Uint8Array(block.buffer)]),
      ...encodeFrame({ type: 'done' }),
    ]);
    const views: Float32Array[] = [];
    for await (const { payload } of readFrames(Readable.from([Buffer.concat(sent)]), 1000)) {
      if (payload.byteLength === 0) continue;
      views.push(new Float32Array(payload.buffer, payload.byteOffset, payload.byteLength / 4));
      for (const i of [views.length - 2, views.length - 1]) if (i >= 0) expect(views[i]).toEqual(blocks[i]);
    }
    expect(views).toHaveLength(6);
  });

  it('end with the last whole one', async () => {
    expect(await receive(bytes.subarray(0, -3), 16)).toHaveLength(2);
  });

  it('are refused before memory is taken for an absurd length', async () => {
    const absurd = Buffer.from([2, 0, 0, 0, 255, 255, 255, 255, 123, 125]);
    await expect(receive(absurd, 100)).rejects.toThrow(FrameError);
    await expect(receive(Buffer.alloc(16), 100)).rejects.toThrow('header of 0 bytes');
    await expect(receive(bytes, 100, 11)).rejects.toThrow('payload of 12 bytes');
  });

  it('are refused when the header is not an object with a type', async () => {
    const [prefix] = encodeFrame({ type: 'done' });
    const torn = Buffer.from(prefix!);
    torn[8] = 'x'.charCodeAt(0);
    await expect(receive(torn, 100)).rejects.toThrow('not JSON');
    const untyped = encodeFrame({ kind: 1 } as unknown as Frame)[0]!;
    await expect(receive(untyped, 100)).rejects.toThrow('no type');
  });
});
