import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import type { Counted } from './graph.js';
import { product } from './steps.js';

type Shape = readonly number[];
type Rule = (inputs: readonly Shape[], output: Shape) => number;

/** Filter [...window][in][out]; each output value sums over the window and the channels in. */
const convolution: Rule = ([, filter], output) => product(output) * product(filter!.slice(0, -1));
/** Filter [height][width][in][multiplier]; each output value sums over the window of its own channel. */
const depthwise: Rule = ([, filter], output) => product(output) * product(filter!.slice(0, 2));
/** Filter [...window][out][in]; each value that comes in goes to the window and the channels out. */
const transposed: Rule = ([values, filter]) => product(values!) * product(filter!.slice(0, -1));
/** [...][rows][inner] x [...][inner][columns], either side maybe transposed: inner follows from the sizes. */
const matrices: Rule = ([a], output) => product(output) * ((a!.at(-1)! * a!.at(-2)!) / output.at(-2)!);

const RULES: Readonly<Record<string, Rule>> = {
  Conv2D: convolution,
  FusedConv2D: convolution,
  Conv3D: convolution,
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: depthwise,
  Conv2DBackpropInput: transposed,
  Conv3DBackpropInputV2: transposed,
  BatchMatMul: matrices,
  _FusedMatMul: matrices,
};

/** Products that no rule is for: what holds one has no count. */
const UNCOUNTED = ['Einsum'];

/** Through which all operators of TensorFlow.js go, whatever the format of the model and the backend. */
interface Runner {
  runKernel<T extends Tensor | Tensor[]>(name: string, inputs: NamedTensorMap, attributes?: object): T;
}

/**
 * Counts in the convolutions and matrix products while `run` runs: from the shapes that its operators really have, each
 * application counted; biases, normalisation, nonlinearities and pools are left out.
 */
export async function countMultiplyAdds<R>(runner: Runner, run: () => Promise<R>): Promise<Counted<R>> {
  let total: number | null = 0;
  const original = runner.runKernel;
  runner.runKernel = function <T extends Tensor | Tensor[]>(
    this: Runner,
    name: string,
    inputs: NamedTensorMap,
    attributes?: object,
  ): T {
    const result = original.call(this, name, inputs, attributes) as T;
    const rule = RULES[name];
    if (UNCOUNTED.includes(name)) total = null;
    else if (rule !== undefined && total !== null && !Array.isArray(result)) {
      const shapes = Object.values(inputs).map((input) => input?.shape ?? []);
      total += rule(shapes, result.shape);
    }
    return result;
  };
  try {
    const result = await run();
    return { result, multiplyAdds: total };
  } finally {
    runner.runKernel = original;
  }
}
