/**
 * ONNX Runtime as corescore opens it, in a process of its own: a batch for every line on stdin.
 * Usage: engine.ts FOLDER '{"plan": {...}, "threads": 1, "batch": 16, "size": 12288}'
 */
import { createInterface } from 'node:readline';
import { openSession, type SessionOptions } from '@corescore/runtime';
import { noise } from './nets.js';

const [, , folder, text] = process.argv;
const { plan, threads, batch, size } = JSON.parse(text!) as {
  plan: SessionOptions['plan'];
  threads: number;
  batch: number;
  size: number;
};
const session = await openSession({ kind: 'onnx', folder: folder!, plan, threads, provider: 'cpu' });
const images = noise(batch * size);
const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const recorded = (await session.run(images, batch)).get('IT')!;
print({ engine: session.describe().engine, first: [...recorded.steps.at(-1)!.subarray(0, 64)] });
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  await session.run(images, batch);
  print({ ms: performance.now() - start });
}
await session.dispose();
