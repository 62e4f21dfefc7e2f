import type { House } from '../network/house.js';
import { type Area, area } from '../network/unroll.js';
import type { Ops, Shaped } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * A ResNet with one block used again and again is a recurrent network: Liao & Poggio 2016. Each area runs all its
 * iterations before the next one starts (block).
 *
 *     h_0 = W0 * u
 *     h_t = h_{t-1} + W2 * ReLU(n2(W1 * ReLU(n1(h_{t-1})))),   t = 1, 2, ...
 *
 * The input enters once: injected at every t it is no ResNet. House: group norms, the output is ReLU(nOut(h_t)).
 * Shapes: u [n][side'][side'][c below]; h [n][side][side][c]; W0 [k][k][c below][c]; W1, W2 [3][3][c][c].
 */
export interface SharedBlock<T> {
  W1: T;
  W2: T;
  n1(x: T): T;
  n2(x: T): T;
}

export function resnetSharedStep<T extends Shaped>(ops: Ops<T>, w: SharedBlock<T>, h: T): T {
  const inner = ops.conv(ops.relu(w.n1(h)), w.W1);
  return ops.add(h, ops.conv(ops.relu(w.n2(inner)), w.W2));
}

export const resnetShared: AreaModel = {
  id: 'resnet-shared',
  reference: 'Liao & Poggio 2016, arXiv:1604.03640',
  description: 'residual blocks with weights shared over iterations',
  widths: [24, 48, 96, 64],
  form: HOUSE_FORM,
  grouped: true,
  unrolling: 'block',
  areas: <T extends Shaped>(house: House<T>): Area<T>[] => {
    const { ops } = house;
    return house.areas.map(({ name, kernel, stride, inputs, width }) => {
      const W0 = house.kernel(`${name}.W0`, kernel, inputs, width);
      const block: SharedBlock<T> = {
        W1: house.kernel(`${name}.W1`, 3, width, width),
        n1: house.groupNorm(`${name}.gn1`, width),
        // The branch begins as nothing through W2: a scale of 0 in n2 would stand before a ReLU, which passes no gradient
        // at 0, and the branch would stay shut.
        W2: house.kernel(`${name}.W2`, 3, width, width, { scale: 0 }),
        n2: house.groupNorm(`${name}.gn2`, width),
      };
      const nOut = house.groupNorm(`${name}.gnOut`, width);
      return area<T, T, T>({
        name,
        drive: (u) => ops.conv(u, W0, { stride }),
        step: (drive, h) => (h === null ? drive! : resnetSharedStep(ops, block, h)),
        output: (h) => ops.relu(nOut(h)),
      });
    });
  },
};
