import type { House } from '../network/house.js';
import { type Area, feedForward } from '../network/unroll.js';
import type { Ops, Shaped } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * Thirteen convolutions without recurrence, in the spirit of He, Zhang, Ren & Sun 2016: the deep baseline. V1 is one
 * convolution, V2, V4 and IT are two basic blocks each:
 *
 *     y = ReLU(GN2(W2 * ReLU(GN1(W1 * u))) + GNS(Ws * u))
 *
 * W1 and the 1x1 projection Ws have the area's stride in its first block; in the second the skip is u itself.
 * One step, which is held. Shapes: u [n][side][side][c].
 */
export interface BasicBlock<T> {
  W1: T;
  W2: T;
  gn1(x: T): T;
  gn2(x: T): T;
  /** Absent: the identity. */
  Ws?: T;
  gnS?(x: T): T;
}

export function basicBlock<T extends Shaped>(ops: Ops<T>, w: BasicBlock<T>, u: T, stride: number): T {
  const inner = ops.relu(w.gn1(ops.conv(u, w.W1, { stride })));
  const skip = w.Ws && w.gnS ? w.gnS(ops.conv(u, w.Ws, { stride })) : u;
  return ops.relu(ops.add(w.gn2(ops.conv(inner, w.W2)), skip));
}

export const ffResnet: AreaModel = {
  id: 'ff-resnet',
  reference: 'after He, Zhang, Ren & Sun 2016, doi:10.1109/CVPR.2016.90; matched baseline of corescore',
  description: 'thirteen convolutions in residual blocks, no recurrence',
  widths: [20, 40, 76, 64],
  form: HOUSE_FORM,
  grouped: true,
  unrolling: 'once',
  areas: <T extends Shaped>(house: House<T>): Area<T>[] => {
    const { ops } = house;
    const weights = (name: string, kernel: number, inputs: number, width: number, project: boolean): BasicBlock<T> => ({
      W1: house.kernel(`${name}.W1`, kernel, inputs, width),
      gn1: house.groupNorm(`${name}.gn1`, width),
      W2: house.kernel(`${name}.W2`, 3, width, width),
      gn2: house.groupNorm(`${name}.gn2`, width, 0),
      ...(project
        ? { Ws: house.kernel(`${name}.Ws`, 1, inputs, width), gnS: house.groupNorm(`${name}.gnS`, width) }
        : {}),
    });
    return house.areas.map(({ name, kernel, stride, inputs, width }, l) => {
      if (l === 0) {
        const W = house.kernel(`${name}.W`, kernel, inputs, width);
        const norm = house.groupNorm(`${name}.gn`, width);
        return feedForward(name, (image) => ops.relu(norm(ops.conv(image, W, { stride }))));
      }
      const first = weights(`${name}.0`, kernel, inputs, width, true);
      const second = weights(`${name}.1`, 3, width, width, false);
      return feedForward(name, (below) => basicBlock(ops, second, basicBlock(ops, first, below, stride), 1));
    });
  },
};
