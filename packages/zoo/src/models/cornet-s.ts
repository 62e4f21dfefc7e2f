import type { House } from '../network/house.js';
import { type Area, area, feedForward } from '../network/unroll.js';
import type { Ops, Padding, Shaped } from '../ops/ops.js';
import type { AreaModel } from './model.js';

/**
 * CORnet-S: Kubilius, Schrimpf et al. 2019 (NeurIPS). Bottleneck blocks with a skip, iterated 2, 4 and here nine times
 * in V2, V4 and IT, one area after the other (block); V1 is not recurrent.
 *
 *     x = Win * u
 *     skip = nSkip(Wskip * x) with the area's stride at t = 0, later x
 *     x <- ReLU(n1(W1 * x)); x <- ReLU(n2(W2 * x)), W2 with the area's stride at t = 0, later 1
 *     x <- ReLU(n3(W3 * x) + skip) = y_t
 *
 * One kernel W2 serves both strides; at t = 0 W1 runs at the block's input resolution. Published: own batch norms an
 * iteration, bottleneck of 4 c; house: group norms shared over iterations, 2 c. No biases.
 * Shapes: u [n][side'][side'][c below]; y [n][side][side][c]; Win, Wskip, W1, W3 1x1; W2 [3][3][2c][2c].
 */
export interface CornetSWeights<T> {
  Wskip: T;
  W1: T;
  W2: T;
  W3: T;
  nSkip(x: T): T;
  n1(x: T): T;
  n2(x: T): T;
  n3(x: T): T;
  stride: number;
  /** `same` */
  padding?: Padding;
}

/** @param x Win * u at the first iteration, y_{t-1} later */
export function cornetSStep<T extends Shaped>(ops: Ops<T>, w: CornetSWeights<T>, x: T, isFirst: boolean): T {
  const stride = isFirst ? w.stride : 1;
  const skip = isFirst ? w.nSkip(ops.conv(x, w.Wskip, { stride })) : x;
  const wide = ops.relu(w.n1(ops.conv(x, w.W1)));
  const seen = ops.relu(w.n2(ops.conv(wide, w.W2, { stride, padding: w.padding })));
  return ops.relu(ops.add(w.n3(ops.conv(seen, w.W3)), skip));
}

const BOTTLENECK = 2;
/** Of V2 and V4, as published; IT runs the steps of the network. */
const ITERATIONS: Record<string, number> = { V2: 2, V4: 4 };

export const cornetS: AreaModel = {
  id: 'cornet-s',
  reference: 'Kubilius, Schrimpf et al. 2019, Brain-like object recognition with recurrent ANNs, NeurIPS 32',
  description: 'bottleneck blocks with a skip, iterated area by area',
  widths: [20, 32, 64, 64],
  form: [
    { kernel: 7, stride: 2, pool: 2 },
    { kernel: 3, stride: 2 },
    { kernel: 3, stride: 2 },
    { kernel: 3, stride: 1 },
  ],
  grouped: true,
  unrolling: 'block',
  areas: <T extends Shaped>(house: House<T>): Area<T>[] => {
    const { ops } = house;
    return house.areas.map(({ name, kernel, stride, inputs, width }, l) => {
      if (l === 0) {
        const W1 = house.kernel(`${name}.W1`, kernel, inputs, width);
        const n1 = house.groupNorm(`${name}.gn1`, width);
        const W2 = house.kernel(`${name}.W2`, 3, width, width);
        const n2 = house.groupNorm(`${name}.gn2`, width);
        return feedForward(name, (image) => {
          const first = ops.relu(n1(ops.conv(image, W1, { stride })));
          return ops.relu(n2(ops.conv(ops.maxPool(first, 3, { stride: 2 }), W2)));
        });
      }
      const wide = BOTTLENECK * width;
      const Win = house.kernel(`${name}.Win`, 1, inputs, width);
      const weights: CornetSWeights<T> = {
        Wskip: house.kernel(`${name}.Wskip`, 1, width, width),
        nSkip: house.groupNorm(`${name}.gnSkip`, width),
        W1: house.kernel(`${name}.W1`, 1, width, wide),
        n1: house.groupNorm(`${name}.gn1`, wide),
        W2: house.kernel(`${name}.W2`, kernel, wide, wide),
        n2: house.groupNorm(`${name}.gn2`, wide),
        W3: house.kernel(`${name}.W3`, 1, wide, width),
        n3: house.groupNorm(`${name}.gn3`, width, 0),
        stride,
      };
      return area<T, T, T>({
        name,
        iterations: ITERATIONS[name],
        drive: (u) => ops.conv(u, Win),
        step: (drive, y) => cornetSStep(ops, weights, y ?? drive!, y === null),
        output: (y) => y,
      });
    });
  },
};
