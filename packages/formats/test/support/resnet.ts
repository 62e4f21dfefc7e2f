import type { ModelSpec, NodeSpec, TensorSpec } from './onnx-writer.js';

/**
 * The graph of a ResNet (He et al. 2016) without its weights, which would lie in another file: shapes are all that
 * counting needs. Strides are in the 3 x 3 convolution of a bottleneck, as in torchvision.
 */
export function resnet(depth: 18 | 50): ModelSpec {
  const nodes: NodeSpec[] = [];
  const initializers: TensorSpec[] = [];
  const window = (kernel: number, stride: number) => [
    { name: 'kernel_shape', ints: [kernel, kernel] },
    { name: 'strides', ints: [stride, stride] },
    { name: 'pads', ints: Array.from({ length: 4 }, () => Math.floor(kernel / 2)) },
  ];
  const weight = (...dims: number[]): string => {
    const name = `w${initializers.length}`;
    initializers.push({ name, dims, external: { location: 'weights.bin' } });
    return name;
  };
  const add = (op: string, inputs: string[], attributes: NodeSpec['attributes'] = []): string => {
    const name = `t${nodes.length}`;
    nodes.push({ op, inputs, outputs: [name], attributes });
    return name;
  };
  const conv = (from: string, channels: [number, number], kernel: number, stride: number): string =>
    add('Conv', [from, weight(channels[1], channels[0], kernel, kernel)], window(kernel, stride));

  let width = 64;
  let last = add('MaxPool', [add('Relu', [conv('image', [3, 64], 7, 2)])], window(3, 2));
  const blocks = depth === 18 ? [2, 2, 2, 2] : [3, 4, 6, 3];
  for (const [stage, count] of blocks.entries()) {
    const inner = 64 * 2 ** stage;
    const outer = depth === 18 ? inner : 4 * inner;
    for (let block = 0; block < count; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const narrow = depth === 18 ? last : add('Relu', [conv(last, [width, inner], 1, 1)]);
      const middle = add('Relu', [conv(narrow, [depth === 18 ? width : inner, inner], 3, stride)]);
      const end = conv(middle, [inner, outer], depth === 18 ? 3 : 1, 1);
      const skip = width === outer && stride === 1 ? last : conv(last, [width, outer], 1, stride);
      last = add('Relu', [add('Add', [end, skip])]);
      width = outer;
    }
  }
  nodes.push({ op: 'GlobalAveragePool', inputs: [last], outputs: ['pool'] });
  nodes.push({ op: 'Flatten', inputs: ['pool'], outputs: ['flat'] });
  nodes.push({
    op: 'Gemm',
    inputs: ['flat', weight(1000, width)],
    outputs: ['it'],
    attributes: [{ name: 'transB', int: 1 }],
  });
  return {
    ...{ nodes, initializers },
    inputs: [{ name: 'image', shape: ['batch', 3, 224, 224] }],
    outputs: [{ name: 'it', shape: ['batch', 1000] }],
  };
}
