import type * as Tf from '@tensorflow/tfjs-core';
import type { Network, Run } from '../../src/network/network.js';
import type { Frames } from '../../src/network/unroll.js';
import { tfjsOps } from '../../src/ops/tfjs.js';
import { uniformStream } from '../../src/parameters/random.js';
import type { ParameterValues } from '../../src/parameters/specs.js';
import { startValues } from '../../src/parameters/start.js';

/** Values as of a trained network: nothing is 0 or 1 any more, where a fresh one would hide a missing term. */
export function trainedValues({ parameters }: Network, seed: number): Map<string, Float32Array> {
  const values = new Map(startValues(parameters, seed));
  for (const { name, start } of parameters) {
    if (start.kind !== 'constant' && start.scale === 1) continue;
    const uniform = uniformStream(seed, `${name} trained`);
    values.set(
      name,
      values.get(name)!.map((value) => value + 0.2 * (uniform() - 0.5)),
    );
  }
  return values;
}

/** Smooth images of our own, rgb from 0 to 1. */
export function images(count: number, side: number, seed = 1): Float32Array {
  const uniform = uniformStream(seed, 'images');
  const [a, b, c] = [uniform(), uniform(), uniform()];
  return Float32Array.from(
    { length: count * side * side * 3 },
    (_, i) => 0.5 + 0.25 * Math.sin(0.37 * i * (0.5 + a) + 7 * b) + 0.25 * Math.sin(0.011 * i * (0.5 + c) + i / 700),
  );
}

/** Runs a network on WASM inside `tf.tidy`: `read` takes what it wants out of the tensors. */
export function runOnTfjs<R extends Tf.TensorContainer>(
  tf: typeof Tf,
  network: Network,
  values: ParameterValues,
  frames: readonly Float32Array[],
  read: (run: Run<Tf.Tensor>) => R,
): R {
  const side = network.architecture.imageSide;
  return tf.tidy(() => {
    const tensors = frames.map((frame) => tf.tensor(frame, [frame.length / (side * side * 3), side, side, 3]));
    return read(
      network.run(
        tfjsOps(tf),
        ({ name, shape }) => tf.tensor(values.get(name)!, [...shape]),
        tensors as unknown as Frames<Tf.Tensor>,
      ),
    );
  });
}

export const dataOf = (steps: readonly Tf.Tensor[]): Float32Array[] =>
  steps.map((step) => step.dataSync() as Float32Array);
