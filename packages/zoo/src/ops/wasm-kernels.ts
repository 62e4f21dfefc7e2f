import type * as Tf from '@tensorflow/tfjs-core';
import type { KernelConfig, NamedAttrMap, NamedTensorInfoMap } from '@tensorflow/tfjs-core';

type Sizes = [number, number, number, number];

interface ConvAttributes {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * Registers what the WASM backend lacks for training convolutions, composed of what it has: the gradient of the kernel,
 * which is missing, and the gradient of the input, whose own loop takes as long as everything else together.
 */
export function registerWasmKernels(tf: typeof Tf): void {
  const kernels: [string, (inputs: NamedTensorInfoMap, attrs: NamedAttrMap) => Tf.Tensor][] = [
    ['Conv2DBackpropFilter', (inputs, attrs) => filterGradient(tf, inputs, attrs)],
    ['Conv2DBackpropInput', (inputs, attrs) => inputGradient(tf, inputs, attrs)],
  ];
  for (const [kernelName, run] of kernels) {
    if (tf.getKernel(kernelName, 'wasm') !== undefined) tf.unregisterKernel(kernelName, 'wasm');
    const config: KernelConfig = {
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) => tf.tidy(() => run(inputs, attrs!)),
    };
    tf.registerKernel(config);
  }
}

/**
 * dW[u,v,c,o] = sum over n, i, j of xpad[n, i s + u, j s + v, c] dy[n, i, j, o]: a convolution of the image, with
 * channels for batch, by dy, dilated by the stride.
 */
function filterGradient(tf: typeof Tf, inputs: NamedTensorInfoMap, attrs: NamedAttrMap): Tf.Tensor {
  const [x, dy] = [inputs['x'] as Tf.Tensor4D, inputs['dy'] as Tf.Tensor4D];
  const kernel = attrs['filterShape'] as unknown as Sizes;
  const { padInfo, strideHeight, strideWidth } = infoOf(tf, x.shape, kernel, attrs);
  const [kh, kw] = kernel;
  const around = tf.pad(x, [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ]);
  const asImages = tf.transpose(around, [3, 1, 2, 0]);
  const asKernel = tf.transpose(dy, [1, 2, 0, 3]);
  const products = tf.conv2d(asImages, asKernel, 1, 'valid', 'NHWC', [strideHeight, strideWidth]);
  // Rows that a stride leaves over at the end of the image come out as further places.
  return tf.transpose(cut(tf, products, [0, 0], [kh, kw]), [1, 2, 0, 3]);
}

/** dx: dy with zeros between its places, convolved with the kernel turned by 180 degrees. */
function inputGradient(tf: typeof Tf, inputs: NamedTensorInfoMap, attrs: NamedAttrMap): Tf.Tensor {
  const [dy, filter] = [inputs['dy'] as Tf.Tensor4D, inputs['filter'] as Tf.Tensor4D];
  const shape = attrs['inputShape'] as unknown as Sizes;
  const { padInfo, strideHeight, strideWidth } = infoOf(tf, shape, filter.shape, attrs);
  const [kh, kw] = filter.shape;
  const spaced = spread(tf, dy, strideHeight, strideWidth);
  const rows = aligned(spaced.shape[1], shape[1], kh, padInfo.top);
  const columns = aligned(spaced.shape[2], shape[2], kw, padInfo.left);
  const kept = cut(tf, spaced, [rows.from, columns.from], [rows.length, columns.length]);
  const around = tf.pad(kept, [[0, 0], rows.pad, columns.pad, [0, 0]]);
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(around, turned, 1, 'valid');
}

/** Part of the height and width. All of it is no copy: slicing on WASM takes the whole tensor out of its heap. */
function cut(tf: typeof Tf, x: Tf.Tensor4D, from: [number, number], size: [number, number]): Tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  if (size[0] === height && size[1] === width) return x;
  return tf.slice(x, [0, ...from, 0], [batch, ...size, channels]);
}

/** Zeros between the places: dy[i, j] lands on [i s, j s]. Four axes at most. */
function spread(tf: typeof Tf, dy: Tf.Tensor4D, strideHeight: number, strideWidth: number): Tf.Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return dy;
  const [batch, height, width, channels] = dy.shape;
  const between = (x: Tf.Tensor4D, stride: number): Tf.Tensor4D =>
    tf.pad(x, [
      [0, 0],
      [0, 0],
      [0, stride - 1],
      [0, 0],
    ]);
  const wide = between(tf.reshape(dy, [batch * height, width, 1, channels]), strideWidth);
  const high = between(tf.reshape(wide, [batch, height, 1, width * strideWidth * channels]), strideHeight);
  return tf.reshape(high, [batch, height * strideHeight, width * strideWidth, channels]);
}

/** Which places of an axis are taken and how many zeros stand around them, so that `side` come out. */
function aligned(length: number, side: number, kernel: number, before: number) {
  const wanted = side + kernel - 1;
  const front = kernel - 1 - before;
  const from = Math.max(0, -front);
  const kept = Math.min(length - from, wanted - Math.max(0, front));
  const pad: [number, number] = [Math.max(0, front), wanted - Math.max(0, front) - kept];
  return { from, length: kept, pad };
}

function infoOf(tf: typeof Tf, image: Sizes, kernel: Sizes, attrs: NamedAttrMap) {
  const { strides, pad, dimRoundingMode } = attrs as unknown as ConvAttributes;
  return tf.backend_util.computeConv2DInfo(image, kernel, strides, 1, pad, dimRoundingMode);
}
