import type { House } from '../network/house.js';
import { type Area, feedForward } from '../network/unroll.js';
import type { Shaped } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * Five convolutions without recurrence, in the spirit of Krizhevsky, Sutskever & Hinton 2012: the shallow baseline.
 *
 *     h^l = ReLU(GN(W_l * h^{l-1})),   V1 7x7/4, V2 5x5/2, V4 3x3/2, pIT 3x3, IT 3x3
 *
 * One step, which is held. Shapes: h [n][side][side][c]; pIT has side and channels of V4.
 */
export const ffAlexnet: AreaModel = {
  id: 'ff-alexnet',
  reference: 'after Krizhevsky, Sutskever & Hinton 2012; matched baseline of corescore',
  description: 'five convolutions, no recurrence',
  widths: [36, 68, 136, 64],
  form: HOUSE_FORM.map((form, l) => (l === 1 ? { ...form, kernel: 5 } : form)),
  grouped: true,
  unrolling: 'once',
  areas: <T extends Shaped>(house: House<T>): Area<T>[] => {
    const { ops } = house;
    const layer = (name: string, kernel: number, stride: number, inputs: number, width: number): Area<T> => {
      const W = house.kernel(`${name}.W`, kernel, inputs, width);
      const norm = house.groupNorm(`${name}.gn`, width);
      return feedForward(name, (below) => ops.relu(norm(ops.conv(below, W, { stride }))));
    };
    return house.areas.flatMap(({ name, kernel, stride, inputs, width }) => [
      ...(name === 'IT' ? [layer('pIT', 3, 1, inputs, inputs)] : []),
      layer(name, kernel, stride, inputs, width),
    ]);
  },
};
