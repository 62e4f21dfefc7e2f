import { describe, expect, it } from 'vitest';
import { openImageReader } from '../src/child/image-reader.js';
import type { Block } from '../src/child/images.js';
import { manifest } from './models.js';

const source = { n: 3, height: 8, width: 8, dataOffset: 0, imageDegrees: 8 };
const { input } = manifest();
const blocks: Block[] = [0, 1, 2].map((start) => ({ start, count: 1, rows: 1 }));

/** A thread that answers like ours, and does to each block what stands in `answer`. */
const thread = (answer: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from 'node:worker_threads';
      const answer = (message) => parentPort.postMessage(message);
      parentPort.on('message', (block) => { ${answer} });
      answer(null);`)}`,
  );

async function readAll(program: URL): Promise<number[]> {
  const reader = await openImageReader(source, input, () => undefined, program);
  try {
    const starts: number[] = [];
    for await (const { block, images } of reader.read(blocks)) {
      expect(images[0]).toBe(block.start);
      starts.push(block.start);
    }
    return starts;
  } finally {
    await reader.close();
  }
}

describe('the thread that prepares images', () => {
  it('gives every block in its order', async () => {
    expect(await readAll(thread('answer({ images: Float32Array.of(block.start) });'))).toEqual([0, 1, 2]);
  });

  it('hands on what goes wrong with a block', async () => {
    const failing = thread(
      'answer(block.start === 1 ? { error: new Error("torn") } : { images: Float32Array.of(block.start) });',
    );
    await expect(readAll(failing)).rejects.toThrow('torn');
  });

  it('is missed when it ends', async () => {
    await expect(readAll(thread('process.exit(3);'))).rejects.toThrow('ended with 3');
  });

  it('is done without where none can be started, and the log says so', async () => {
    const lines: string[] = [];
    const nowhere = new URL('file:///no/such/thread.js');
    const reader = await openImageReader(source, input, (line) => lines.push(line), nowhere);
    await reader.close();
    expect(lines).toEqual([expect.stringMatching(/^images are prepared in turn .*no thread can be started/)]);
  });
});
