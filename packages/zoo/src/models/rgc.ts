import type { House } from '../network/house.js';
import { type Area, area, feedForward, WAVE } from '../network/unroll.js';
import type { Ops, Shaped } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * Reciprocal gated cell: Nayebi et al. 2018 (NeurIPS). Output and memory gate each other's input; every connection
 * between areas takes a step (wave).
 *
 *     h_t = f((1 - sig(Wch * c_{t-1})) . x_t + (1 - sig(Whh * h_{t-1})) . h_{t-1})
 *     c_t = f((1 - sig(Whc * h_{t-1})) . x'_t + (1 - sig(Wcc * c_{t-1})) . c_{t-1})
 *
 * f = ELU, h_{-1} = c_{-1} = 0, no biases: all gates are a half at first, and x is halved, not let through. x' = Win * x
 * in the authors' code (rgc), x' = x in the formula of the paper (rgc-survey). x = the area's convolution of the lower
 * area's output of t - 1, normed, without activation. House: V1 is ELU(GN(7x7/4)).
 * Shapes: x, x', h, c [n][side][side][c]; all kernels [3][3][c][c].
 */
export interface RgcWeights<T> {
  Wch: T;
  Whh: T;
  Whc: T;
  Wcc: T;
}

export interface RgcState<T> {
  h: T;
  c: T;
}

/** @param x x_t and x'_t */
export function rgcStep<T extends Shaped>(
  ops: Ops<T>,
  w: RgcWeights<T>,
  x: { forOutput: T; forMemory: T },
  state: RgcState<T> | null,
): RgcState<T> {
  if (state === null) {
    const half = (input: T): T => ops.elu(ops.affine(input, 0.5, 0));
    return { h: half(x.forOutput), c: half(x.forMemory) };
  }
  const open = (W: T, by: T): T => ops.affine(ops.sigmoid(ops.conv(by, W)), -1, 1);
  const { h, c } = state;
  return {
    h: ops.elu(ops.add(ops.mul(open(w.Wch, c), x.forOutput), ops.mul(open(w.Whh, h), h))),
    c: ops.elu(ops.add(ops.mul(open(w.Whc, h), x.forMemory), ops.mul(open(w.Wcc, c), c))),
  };
}

function rgcAreas<T extends Shaped>(house: House<T>, withInput: boolean): Area<T>[] {
  const { ops } = house;
  return house.areas.map(({ name, kernel, stride, inputs, width }, l) => {
    const W = house.kernel(`${name}.W`, kernel, inputs, width);
    const norm = house.groupNorm(`${name}.gn`, width);
    if (l === 0) return feedForward(name, (image) => ops.elu(norm(ops.conv(image, W, { stride }))));
    const gate = { gate: true };
    const weights: RgcWeights<T> = {
      Wch: house.kernel(`${name}.Wch`, 3, width, width, gate),
      Whh: house.kernel(`${name}.Whh`, 3, width, width, gate),
      Whc: house.kernel(`${name}.Whc`, 3, width, width, gate),
      Wcc: house.kernel(`${name}.Wcc`, 3, width, width, gate),
    };
    const Win = withInput ? house.kernel(`${name}.Win`, 3, width, width) : null;
    return area<T, RgcState<T>, { forOutput: T; forMemory: T }>({
      name,
      drive: (below) => {
        const x = norm(ops.conv(below, W, { stride }));
        return { forOutput: x, forMemory: Win === null ? x : ops.conv(x, Win) };
      },
      step: (x, state) => rgcStep(ops, weights, x!, state),
      output: ({ h }) => h,
    });
  });
}

const about = {
  reference: 'Nayebi et al. 2018, Task-driven convolutional recurrent models of the visual system, NeurIPS 31',
  form: HOUSE_FORM,
  grouped: true,
  unrolling: WAVE,
} as const;

export const rgc: AreaModel = {
  ...about,
  id: 'rgc',
  description: 'reciprocal gated cells as in the authors’ code',
  widths: [12, 24, 56, 64],
  areas: (house) => rgcAreas(house, true),
};

export const rgcSurvey: AreaModel = {
  ...about,
  id: 'rgc-survey',
  description: 'reciprocal gated cells as in the formula of the paper',
  widths: [16, 32, 64, 64],
  areas: (house) => rgcAreas(house, false),
};
