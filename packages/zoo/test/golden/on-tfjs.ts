import type * as Tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { tfjsOps } from '../../src/ops/tfjs.js';
import { excess, GOLDEN, type GoldenCase, goldenValues } from '../support/golden.js';
import { RUNNERS } from './index.js';
import { given } from './runner.js';

/** Every golden case on TensorFlow.js with the backend that `start` sets. */
export function goldenOnTfjs(start: () => Promise<typeof Tf>): void {
  let tf: typeof Tf;
  beforeAll(async () => {
    tf = await start();
  });
  it.each(GOLDEN.map((golden) => [golden.id, golden] as const))('%s is within 2e-5', (_, golden) => {
    for (const [what, difference] of Object.entries(differences(tf, golden))) {
      expect(difference, what).toBeLessThan(2e-5);
    }
  });
}

function differences(tf: typeof Tf, golden: GoldenCase): Record<string, number> {
  return tf.tidy(() => {
    const tensors = new Map(
      Object.entries(golden.tensors).map(([name, tensor]) => [
        name,
        tf.tensor(goldenValues(tensor), tensor.shape) as Tf.Tensor,
      ]),
    );
    const outcome = RUNNERS[golden.id]!(given(tfjsOps(tf), golden, tensors));
    const found: Record<string, number> = {};
    for (const { t, outputs } of golden.steps) {
      for (const [name, { shape, values }] of Object.entries(outputs)) {
        const got = outcome[t]![name];
        if (got === undefined) throw new Error(`${golden.id} gives no ${name} at step ${t}`);
        expect(got.shape).toEqual(shape);
        found[`${name} at ${t}`] = excess(got.dataSync(), values);
      }
    }
    return found;
  });
}
