import type { AreaShape, House } from '../network/house.js';
import { type Area, area, SWEEP } from '../network/unroll.js';
import { type Ops, type Shaped, sizeOf, sum } from '../ops/ops.js';
import { type AreaForm, type AreaModel, HOUSE_FORM } from './model.js';

/**
 * Bottom-up, lateral and top-down connections in every mix: Spoerer, McClure & Kriegeskorte 2017 (Front. Psychol. 8:1551);
 * BL also Spoerer et al. 2020 (PLoS Comput. Biol. 16:e1008215).
 *
 *     h^l_t = f(B_l * h^{l-1}_t + L_l * h^l_{t-1} + convT(h^{l+1}_{t-1}; T_l)),   h^0_t = image, h_{-1} = 0
 *
 * The area below is read at the same t, itself and the area above at t - 1 (sweep). Top-down is a transposed convolution
 * with the stride of the area above. B alone is bf (more maps), bk (larger kernels) or, unmatched, b.
 * House: f = ReLU(GN(.)), strided B in place of max-pools, no biases.
 *
 * Shapes: h [n][side][side][c]; B [k][k][c below][c]; L [3][3][c][c]; T [3][3][c][c above].
 */
export interface BltWeights<T> {
  L?: T;
  T?: T;
  /** Of the area above, which T undoes. */
  strideAbove?: number;
}

/** @param drive B_l * h^{l-1}_t */
export function bltStep<T extends Shaped>(
  ops: Ops<T>,
  { L, T: down, strideAbove: stride }: BltWeights<T>,
  f: (x: T) => T,
  drive: T,
  h: T | null,
  above: T | null,
): T {
  const lateral = h && L ? ops.conv(h, L) : null;
  const topDown = above && down ? ops.convTransposed(above, down, { stride, size: sizeOf(drive) }) : null;
  return f(sum(ops, drive, lateral, topDown));
}

interface Mix {
  lateral?: boolean;
  topDown?: boolean;
}

/** The areas of BL, which other models have behind a front end. */
export function bltAreas<T extends Shaped>(house: House<T>, { lateral, topDown }: Mix): Area<T>[] {
  const { ops } = house;
  const build = ({ name, width, inputs, kernel, stride }: AreaShape, above: AreaShape | undefined): Area<T> => {
    const B = house.kernel(`${name}.B`, kernel, inputs, width);
    const norm = house.groupNorm(`${name}.gn`, width);
    const weights: BltWeights<T> = {};
    if (lateral) weights.L = house.kernel(`${name}.L`, 3, width, width);
    if (topDown && above) {
      weights.T = house.feedback(`${name}.T`, 3, width, above.width);
      weights.strideAbove = above.stride;
    }
    const f = (x: T): T => ops.relu(norm(x));
    return area<T, T, T>({
      name,
      drive: (below) => ops.conv(below, B, { stride }),
      step: (drive, h, up) => bltStep(ops, weights, f, drive!, h, up),
      output: (h) => h,
    });
  };
  return house.areas.map((shape, l) => build(shape, house.areas[l + 1]));
}

const REFERENCE = 'Spoerer, McClure & Kriegeskorte 2017, doi:10.3389/fpsyg.2017.01551';

function mixture(id: string, description: string, widths: number[], mix: Mix, form = HOUSE_FORM): AreaModel {
  const recurrent = mix.lateral || mix.topDown;
  return {
    id,
    description,
    reference: REFERENCE,
    widths,
    form,
    grouped: true,
    ...(mix.topDown ? { topDown: true } : {}),
    unrolling: recurrent ? SWEEP : 'once',
    areas: (house) => bltAreas(house, mix),
  };
}

const LARGE_KERNELS: AreaForm[] = HOUSE_FORM.map(({ kernel, stride }) => ({
  kernel: kernel === 3 ? 5 : kernel,
  stride,
}));

export const b = mixture('b', 'bottom-up alone, blt without its recurrent weights', [24, 48, 104, 64], {});
export const bf = mixture('bf', 'bottom-up alone, more maps', [56, 108, 216, 64], {});
export const bk = mixture('bk', 'bottom-up alone, larger kernels', [28, 56, 116, 64], {}, LARGE_KERNELS);
export const bl = mixture('bl', 'bottom-up and lateral', [32, 64, 128, 64], { lateral: true });
export const bt = mixture('bt', 'bottom-up and top-down', [36, 72, 144, 64], { topDown: true });
export const blt = mixture('blt', 'bottom-up, lateral and top-down', [24, 48, 104, 64], {
  lateral: true,
  topDown: true,
});
