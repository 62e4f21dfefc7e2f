/**
 * The engine alone, in a process of its own: ONNX Runtime on images that lie ready in memory, the same fetches, threads
 * and batch as an extraction. Prints one JSON line.
 * Usage: bare.ts MODEL.onnx '{"input": {...}, "fetches": [...], "threads": 1, "batch": 16, "images": 640}'
 */
import * as ort from 'onnxruntime-node';
import { noise } from './nets.js';

interface Job {
  input: { name: string; dims: number[] };
  fetches: string[];
  threads: number;
  batch: number;
  images: number;
}

const [, , model, text] = process.argv;
const { input, fetches, threads, batch, images } = JSON.parse(text) as Job;
const session = await ort.InferenceSession.create(model, {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 3,
});
const values = noise(batch * input.dims.reduce((a, b) => a * b, 1));
const run = () => session.run({ [input.name]: new ort.Tensor('float32', values, [batch, ...input.dims]) }, fetches);
await run();
const batches = Math.ceil(images / batch) - 1;
const [cpu, start] = [process.cpuUsage(), performance.now()];
for (let i = 0; i < batches; i++) await run();
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    seconds: (performance.now() - start) / 1000,
    cpu: (user + system) / 1e6,
    images: batches * batch,
    version: ort.env.versions.node,
  }),
);
