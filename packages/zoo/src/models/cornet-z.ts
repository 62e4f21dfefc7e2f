import type { House } from '../network/house.js';
import { type Area, feedForward } from '../network/unroll.js';
import type { Ops, Padding, Shaped } from '../ops/ops.js';
import type { AreaModel } from './model.js';

/**
 * CORnet-Z: Kubilius et al. 2018 (bioRxiv 408385). Four areas of one convolution and one max-pool, no recurrence.
 *
 *     h^l = maxpool_{3/2}(ReLU(W_l * h^{l-1} + b_l))
 *
 * One step, which is held. House: `same` padding, V1 7x7/2, IT without a pool, no norm.
 * Shapes: h [n][side][side][c]; W [k][k][c below][c].
 */
export function cornetZ<T extends Shaped>(
  ops: Ops<T>,
  { W, b }: { W: T; b: T },
  u: T,
  { stride = 1, padding = 'same', pool = true }: { stride?: number; padding?: Padding; pool?: boolean },
): T {
  const h = ops.relu(ops.add(ops.conv(u, W, { stride, padding }), b));
  return pool ? ops.maxPool(h, 3, { stride: 2, padding }) : h;
}

export const cornetZModel: AreaModel = {
  id: 'cornet-z',
  reference: 'Kubilius et al. 2018, doi:10.1101/408385',
  description: 'four convolutions with max-pools, no recurrence',
  widths: [56, 108, 216, 64],
  form: [
    { kernel: 7, stride: 2, pool: 2 },
    { kernel: 3, stride: 1, pool: 2 },
    { kernel: 3, stride: 1, pool: 2 },
    { kernel: 3, stride: 1 },
  ],
  grouped: false,
  unrolling: 'once',
  areas: <T extends Shaped>(house: House<T>): Area<T>[] =>
    house.areas.map(({ name, kernel, stride, inputs, width }) => {
      const weights = {
        W: house.kernel(`${name}.W`, kernel, inputs, width),
        b: house.channels(`${name}.b`, width, 0),
      };
      return feedForward(name, (u) => cornetZ(house.ops, weights, u, { stride, pool: name !== 'IT' }));
    }),
};
