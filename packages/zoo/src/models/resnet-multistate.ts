import type { AreaShape, House } from '../network/house.js';
import { type Area, area, WAVE } from '../network/unroll.js';
import { type Ops, type Shaped, sizeOf, sum } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * Several states that feed each other forwards, sideways and backwards, all updated at once: Liao & Poggio 2016. Every
 * connection takes a step (wave); the image enters V1 once, at t = 0.
 *
 *     a = r(h)
 *     h^l_t = h^l_{t-1} + K_l * a^l_{t-1} + F_l * a^{l-1}_{t-1} + convT(a^{l+1}_{t-1}; Bk_l)
 *     h^{V1}_0 = W0 * image
 *
 * F has the area's stride, Bk (a transposed convolution) that of the area above. House: r = ReLU(GN(.)), the output is a.
 * Shapes: h, a [n][side][side][c]; K [3][3][c][c]; F [3][3][c below][c]; Bk [3][3][c][c above].
 */
export interface MultistateWeights<T> {
  K: T;
  /** Kernel and stride of what comes down. */
  Bk?: { kernel: T; stride: number };
}

export interface MultistateState<T> {
  h: T;
  a: T;
}

/** @param up F_l * a^{l-1}_{t-1}, or W0 * image; null where nothing comes up */
export function multistateStep<T extends Shaped>(
  ops: Ops<T>,
  { K, Bk }: MultistateWeights<T>,
  r: (h: T) => T,
  state: MultistateState<T> | null,
  up: T | null,
  above: T | null,
): MultistateState<T> {
  const size = sizeOf((state?.h ?? up)!);
  const down = above && Bk ? ops.convTransposed(above, Bk.kernel, { stride: Bk.stride, size }) : null;
  const terms = [state?.h ?? null, state && ops.conv(state.a, K), up, down].filter((term) => term !== null);
  const h = sum(ops, terms[0]!, ...terms.slice(1));
  return { h, a: r(h) };
}

export const resnetMultistate: AreaModel = {
  id: 'resnet-multistate',
  reference: 'Liao & Poggio 2016, arXiv:1604.03640',
  description: 'states of four areas with forward, lateral and backward residual connections',
  widths: [24, 48, 104, 64],
  form: HOUSE_FORM,
  grouped: true,
  topDown: true,
  unrolling: WAVE,
  areas: <T extends Shaped>(house: House<T>): Area<T>[] => {
    const { ops } = house;
    const build = (shape: AreaShape, l: number): Area<T> => {
      const { name, kernel, stride, inputs, width } = shape;
      const isFirst = l === 0;
      const above = house.areas[l + 1];
      const F = house.kernel(`${name}.${isFirst ? 'W0' : 'F'}`, kernel, inputs, width);
      const weights: MultistateWeights<T> = { K: house.kernel(`${name}.K`, 3, width, width) };
      if (above !== undefined) {
        weights.Bk = { kernel: house.feedback(`${name}.Bk`, 3, width, above.width), stride: above.stride };
      }
      const norm = house.groupNorm(`${name}.gn`, width);
      return area<T, MultistateState<T>, T>({
        name,
        drive: (below) => ops.conv(below, F, { stride }),
        step: (drive, state, down) =>
          multistateStep(ops, weights, (h) => ops.relu(norm(h)), state, isFirst && state ? null : drive, down),
        output: ({ a }) => a,
      });
    };
    return house.areas.map(build);
  },
};
