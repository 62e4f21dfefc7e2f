/**
 * TensorFlow.js on native TensorFlow against WebAssembly: one recurrent convolutional net (64 x 64 x 3, 32 channels, one
 * lateral convolution applied seven times), one process each, batches in turn. Prints ms a batch and the ratio.
 * Run: npm run bench -- tfjs [rounds] [threads]
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSession, providerStates } from '@corescore/runtime';
import { planOf } from '../packages/runtime/src/plan.js';
import { type Layer, layersModel } from '../packages/runtime/test/tfjs-writer.js';
import { answer, median } from './measure/turns.js';

const SIDE = 64;
const CHANNELS = 32;
const STEPS = 8;
const BATCH = 16;

/** Weights of a fixed sequence: small, of both signs. */
const weights = (size: number): number[] => Array.from({ length: size }, (_, i) => 0.05 * Math.sin(1 + 7 * i));

function net(): Record<string, Uint8Array> {
  const conv = (name: string, of: Layer['of']): Layer => ({
    class: 'Conv2D',
    name,
    config: { filters: CHANNELS, kernel_size: [3, 3], strides: [1, 1], padding: 'same', use_bias: false },
    of: of!,
  });
  const relu = (of: string, name: string): Layer => ({
    class: 'Activation',
    name,
    config: { activation: 'relu' },
    of: [[of]],
  });
  const steps = Array.from({ length: STEPS }, (_, t) => t);
  return layersModel({
    layers: [
      { class: 'InputLayer', name: 'image', config: { batch_input_shape: [null, SIDE, SIDE, 3], dtype: 'float32' } },
      conv('feedforward', [['image']]),
      relu('feedforward', 'h_0'),
      conv(
        'lateral',
        steps.slice(1).map((t) => [`h_${t - 1}`]),
      ),
      ...steps
        .slice(1)
        .flatMap((t): Layer[] => [
          { class: 'Add', name: `sum_${t}`, of: [['feedforward', ['lateral', t - 1]]] },
          relu(`sum_${t}`, `h_${t}`),
        ]),
      ...steps.map((t): Layer => ({ class: 'GlobalAveragePooling2D', name: `it_${t}`, of: [[`h_${t}`]] })),
    ],
    inputs: ['image'],
    outputs: steps.map((t) => `it_${t}`),
    weights: [
      { name: 'feedforward/kernel', shape: [3, 3, 3, CHANNELS], values: weights(27 * CHANNELS) },
      { name: 'lateral/kernel', shape: [3, 3, CHANNELS, CHANNELS], values: weights(9 * CHANNELS * CHANNELS) },
    ],
  });
}

/** A process that runs one batch at each message and answers with its ms; the first answer is the sum of IT. */
async function serve(folder: string, provider: string, threads: number): Promise<void> {
  const plan = planOf(
    {
      manifestVersion: 1,
      name: 'bench',
      kind: 'tfjs',
      input: { name: 'image', layout: 'NHWC', size: [SIDE, SIDE], channels: 3, visualDegrees: 8 },
      clock: { onsetMs: 0, stepMs: 10 },
      regions: { IT: { outputs: Array.from({ length: STEPS }, (_, t) => `it_${t}`) } },
    } as Parameters<typeof planOf>[0],
    'float32',
  );
  const session = await openSession({ kind: 'tfjs', folder, plan, threads, provider });
  const images = Float32Array.from({ length: BATCH * SIDE * SIDE * 3 }, (_, i) => 0.5 + 0.5 * Math.sin(i));
  const last = (await session.run(images, BATCH)).get('IT')!.steps.at(-1)!;
  process.send!(last.reduce((sum, value) => sum + value, 0));
  process.on('message', async () => {
    const start = performance.now();
    await session.run(images, BATCH);
    process.send!(performance.now() - start);
  });
}

async function compare(rounds: number, threads: number): Promise<void> {
  const states = (await providerStates()).filter(({ kind }) => kind === 'tfjs');
  const native = ['native-gpu', 'native-cpu'].filter((name) =>
    states.some((s) => s.provider === name && s.why === null),
  );
  if (native.length === 0) {
    console.log('Native TensorFlow is not there, so there is nothing to compare: corescore doctor --setup-tfjs');
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'corescore-bench-'));
  for (const [name, bytes] of Object.entries(net())) await writeFile(join(folder, name), bytes);
  const names = ['wasm', ...native];
  const children = names.map((name) => fork(process.argv[1]!, ['serve', folder, name, String(threads)]));
  const sums: number[] = [];
  for (const child of children) sums.push(await answer(child));
  const times = names.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, child] of children.entries()) {
      child.send('run');
      times[i]!.push(await answer(child));
    }
  }
  for (const child of children) child.kill();
  await rm(folder, { recursive: true, force: true });
  const wasm = median(times[0]!);
  console.log(`${BATCH} images, ${STEPS} steps, ${rounds} rounds in turn, ${threads} thread(s) in native TensorFlow`);
  names.forEach((name, i) => {
    const ms = median(times[i]!);
    const off = Math.abs(sums[i]! / sums[0]! - 1).toExponential(1);
    console.log(
      `${name.padEnd(11)} median ${ms.toFixed(1)} ms a batch, wasm / this ${(wasm / ms).toFixed(2)}, sum of IT off by ${off}`,
    );
  });
}

const [, , first, ...rest] = process.argv;
if (first === 'serve') await serve(rest[0]!, rest[1]!, Number(rest[2]));
else await compare(Number(first ?? 15), Number(rest[0] ?? 1));
