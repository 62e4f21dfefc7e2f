import type * as Tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { tfjsOps } from '../src/ops/tfjs.js';
import { RUNNERS } from './golden/index.js';
import { given } from './golden/runner.js';
import { excess, GOLDEN, type GoldenCase, goldenValues } from './support/golden.js';
import { startWasm } from './support/tfjs.js';

let tf: typeof Tf;
beforeAll(async () => {
  tf = await startWasm();
});

function worstOn(golden: GoldenCase): Record<string, number> {
  return tf.tidy(() => {
    const tensors = new Map(
      Object.entries(golden.tensors).map(([name, tensor]) => [
        name,
        tf.tensor(goldenValues(tensor), tensor.shape) as Tf.Tensor,
      ]),
    );
    const outcome = RUNNERS[golden.id]!(given(tfjsOps(tf), golden, tensors));
    const wrong: Record<string, number> = {};
    for (const { t, outputs } of golden.steps) {
      for (const [name, { shape, values }] of Object.entries(outputs)) {
        const got = outcome[t]![name];
        if (got === undefined) throw new Error(`${golden.id} gives no ${name} at step ${t}`);
        expect(got.shape).toEqual(shape);
        wrong[`${name} at ${t}`] = excess(got.dataSync(), values);
      }
    }
    return wrong;
  });
}

describe('golden cases on TensorFlow.js', () => {
  it.each(GOLDEN.map((golden) => [golden.id, golden] as const))('%s is within 2e-5', (_, golden) => {
    for (const [what, difference] of Object.entries(worstOn(golden))) expect(difference, what).toBeLessThan(2e-5);
  });
});
