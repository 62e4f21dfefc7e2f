import type * as Tf from '@tensorflow/tfjs-core';
import type { ParameterSpec, ParameterValues } from './specs.js';

/** Trainable variables of TensorFlow.js by tensor name. They are the caller's to dispose of. */
export function tfjsVariables(
  tf: typeof Tf,
  specs: readonly ParameterSpec[],
  values: ParameterValues,
): Map<string, Tf.Variable> {
  return new Map(
    specs.map(({ name, shape }) => {
      // Without a name of its own: TensorFlow.js knows each name once in a process, and two networks have the same.
      const variable = tf.tidy(() => tf.variable(tf.tensor(values.get(name)!, [...shape])));
      return [name, variable];
    }),
  );
}
