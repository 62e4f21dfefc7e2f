import type * as Tf from '@tensorflow/tfjs-core';
import type { Network } from '../network/network.js';
import { tfjsOps } from '../ops/tfjs.js';
import { plain } from './augment.js';
import type { TrainingSet } from './training-set.js';

const AT_ONCE = 100;

/** Share of images whose largest logit is the true class, for every step that depends on the image. */
export async function accuracyByStep(
  tf: typeof Tf,
  network: Network,
  variables: ReadonlyMap<string, Tf.Variable>,
  set: TrainingSet,
  images: Int32Array,
): Promise<number[]> {
  const correct: number[] = [];
  for (let from = 0; from < images.length; from += AT_ONCE) {
    const some = images.subarray(from, from + AT_ONCE);
    const chosen = tf.tidy(() => {
      const frame = tf.tensor(plain(set, some), [some.length, set.size, set.size, 3]);
      const { logits } = network.run<Tf.Tensor>(tfjsOps(tf), ({ name }) => variables.get(name)!, [frame]);
      return logits.slice(network.firstStep).map((step) => tf.argMax(step, 1));
    });
    for (const [step, classes] of chosen.entries()) {
      const values = await classes.data();
      correct[step] =
        (correct[step] ?? 0) + some.reduce((n, image, i) => n + Number(values[i] === set.labels[image]), 0);
      classes.dispose();
    }
  }
  return correct.map((count) => count / images.length);
}
