import type { NodeContext, Shape } from './node-context.js';

/** Convolutions and pools over [batch][channel][spatial ...]: the sizes that come out of a sliding window. */

/** @param kernel sizes of the window */
export function convolved(node: NodeContext, input: Shape, kernel: Shape): number[] | undefined {
  const sizes = input.slice(2);
  const { strides, dilations, pads, autoPad } = windowOf(node, kernel);
  if (kernel.length !== sizes.length) return undefined;
  const roundUp = node.attributes.int('ceil_mode') === 1;
  return sizes.map((size, i) => {
    const [stride, reach] = [strides[i]!, dilations[i]! * (kernel[i]! - 1) + 1];
    if (autoPad.startsWith('SAME')) return Math.ceil(size / stride);
    const [before, after] = autoPad === 'VALID' ? [0, 0] : [pads[i]!, pads[i + sizes.length]!];
    const steps = (size + before + after - reach) / stride;
    const count = (roundUp ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window that would begin in the padding behind the image is left out.
    return roundUp && (count - 1) * stride >= size + before ? count - 1 : count;
  });
}

/** Sizes behind a transposed convolution. */
export function deconvolved(node: NodeContext, input: Shape, kernel: Shape): number[] | undefined {
  const sizes = input.slice(2);
  if (kernel.length !== sizes.length) return undefined;
  const stated = node.attributes.ints('output_shape');
  if (stated !== undefined) return stated.slice(-sizes.length);
  const { strides, dilations, pads, autoPad } = windowOf(node, kernel);
  const extra = node.attributes.ints('output_padding') ?? [];
  return sizes.map((size, i) => {
    if (autoPad.startsWith('SAME')) return size * strides[i]!;
    const padding = autoPad === 'VALID' ? 0 : pads[i]! + pads[i + sizes.length]!;
    return strides[i]! * (size - 1) + (extra[i] ?? 0) + dilations[i]! * (kernel[i]! - 1) + 1 - padding;
  });
}

function windowOf({ attributes }: NodeContext, kernel: Shape) {
  const ones = kernel.map(() => 1);
  return {
    strides: attributes.ints('strides') ?? ones,
    dilations: attributes.ints('dilations') ?? ones,
    pads: attributes.ints('pads') ?? [...kernel, ...kernel].map(() => 0),
    autoPad: attributes.string('auto_pad') ?? 'NOTSET',
  };
}
