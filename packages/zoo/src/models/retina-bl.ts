import type { House } from '../network/house.js';
import { SWEEP } from '../network/unroll.js';
import type { Ops, Shaped } from '../ops/ops.js';
import { bltAreas } from './blt.js';
import { type AreaModel, HOUSE_FORM, type ModelOptions } from './model.js';

/**
 * A retina with a narrow optic nerve and an LGN before the areas of bl: Lindsey, Ocko, Ganguli & Deny 2019 (ICLR), whose
 * code has no LGN. The narrow output of the retina makes centre-surround filters there and oriented ones in V1.
 *
 *     r1 = ReLU(Wr1 * image + br1),   5x5, stride 2
 *     r2 = ReLU(Wr2 * r1 + br2),      5x5, to few channels: the optic nerve
 *     lgn = ReLU(Wl * r2 + bl),       3x3
 *
 * Feed-forward, computed once for an image; then bl with V1 7x7/2 (sweep).
 * Shapes: r1 [n][side/2][side/2][16]; r2, lgn [n][side/2][side/2][nerve].
 */
export interface RetinaWeights<T> {
  Wr1: T;
  br1: T;
  Wr2: T;
  br2: T;
  Wl: T;
  bl: T;
}

const STRIDE = 2;

export function retina<T extends Shaped>(ops: Ops<T>, w: RetinaWeights<T>, image: T): { r1: T; r2: T; lgn: T } {
  const r1 = ops.relu(ops.add(ops.conv(image, w.Wr1, { stride: STRIDE }), w.br1));
  const r2 = ops.relu(ops.add(ops.conv(r1, w.Wr2), w.br2));
  return { r1, r2, lgn: ops.relu(ops.add(ops.conv(r2, w.Wl), w.bl)) };
}

const RGB = 3;
const RETINA_WIDTH = 16;
const NERVE = 4;

const nerveOf = ({ opticNerve = NERVE }: ModelOptions): number => opticNerve;

export const retinaBl: AreaModel = {
  id: 'retina-bl',
  reference: 'Lindsey et al. 2019, arXiv:1901.00945',
  description: 'retina with a narrow optic nerve and LGN, then bl',
  widths: [32, 64, 128, 64],
  form: HOUSE_FORM.map((form, l) => (l === 0 ? { ...form, stride: 2 } : form)),
  grouped: true,
  options: ['opticNerve'],
  unrolling: SWEEP,
  frontForm: (options) => ({ channels: nerveOf(options), stride: STRIDE }),
  front: <T extends Shaped>(house: House<T>, options: ModelOptions) => {
    const nerve = nerveOf(options);
    const weights: RetinaWeights<T> = {
      Wr1: house.kernel('retina1.W', 5, RGB, RETINA_WIDTH),
      br1: house.channels('retina1.b', RETINA_WIDTH, 0),
      Wr2: house.kernel('retinaOut.W', 5, RETINA_WIDTH, nerve),
      br2: house.channels('retinaOut.b', nerve, 0),
      Wl: house.kernel('lgn.W', 3, nerve, nerve),
      bl: house.channels('lgn.b', nerve, 0),
    };
    return (image: T) => retina(house.ops, weights, image).lgn;
  },
  areas: (house) => bltAreas(house, { lateral: true }),
};
