import type { House } from '../network/house.js';
import type { Activity, Frames } from '../network/unroll.js';
import { type Ops, type Shaped, sizeOf } from '../ops/ops.js';
import { HOUSE_FORM, type OwnModel } from './model.js';

/**
 * Predictive coding network with global recurrent processing: Wen et al. 2018 (ICML). Predictions go down, then errors
 * go up, through all layers in every cycle (a sweep down and a sweep up).
 *
 *     t = 0:  r_l = ReLU(FF_l(r_{l-1})),   r_0 = image, which never changes
 *     down, l = L .. 2:  p_{l-1} = FB_l(r_l);  r_{l-1} <- ReLU((1 - a_{l-1}) r_{l-1} + a_{l-1} p_{l-1})
 *     up, l = 1 .. L:    r_l <- ReLU(r_l + b_l FF_l(r_{l-1} - p_{l-1})),   p_0 = FB_1(r_1)
 *
 * r_l on the way down is the one just corrected, r_{l-1} on the way up the one just updated. Rates a and b are learned a
 * channel, through a ReLU. What moves r_l is the error of the layer below. No norm. Tied: FB_l has the kernel of FF_l.
 * House: FF a strided convolution, FB its adjoint; no pools, no upsampling.
 *
 * Shapes: r_l, a_l, b_l: [n][side][side][c], [c], [c]; FF [k][k][c below][c] also as the transposed kernel.
 */
export interface PcnLayer<T> {
  ff(below: T): T;
  /** @param size height and width of what is predicted */
  fb(r: T, size: [number, number]): T;
  /** Rate of feedback; none at the top. */
  a?: T;
  b: T;
}

export interface PcnState<T> {
  /** r_1 .. r_L */
  r: readonly T[];
  /** Prediction of the image; none at t = 0. */
  p0?: T;
}

export function pcnStart<T extends Shaped>(ops: Ops<T>, layers: readonly PcnLayer<T>[], image: T): PcnState<T> {
  const r: T[] = [];
  for (const { ff } of layers) r.push(ops.relu(ff(r.at(-1) ?? image)));
  return { r };
}

export function pcnCycle<T extends Shaped>(
  ops: Ops<T>,
  layers: readonly PcnLayer<T>[],
  image: T,
  state: PcnState<T>,
): PcnState<T> {
  const r = [...state.r];
  const p: T[] = [];
  for (let l = layers.length - 1; l >= 1; l--) {
    const rate = ops.relu(layers[l - 1]!.a!);
    p[l] = layers[l]!.fb(r[l]!, sizeOf(r[l - 1]!));
    r[l - 1] = ops.relu(ops.add(ops.mul(r[l - 1]!, ops.affine(rate, -1, 1)), ops.mul(p[l]!, rate)));
  }
  p[0] = layers[0]!.fb(r[0]!, sizeOf(image));
  for (const [l, { ff, b }] of layers.entries()) {
    const error = ops.sub(l === 0 ? image : r[l - 1]!, p[l]!);
    r[l] = ops.relu(ops.add(r[l]!, ops.mul(ff(error), ops.relu(b))));
  }
  return { r, p0: p[0] };
}

function run<T extends Shaped>(house: House<T>, frames: Frames<T>, tied: boolean): { activity: Activity<T> } {
  const { ops, areas } = house;
  const layers = areas.map(({ name, kernel, stride, inputs, width }, l): PcnLayer<T> => {
    const FF = house.kernel(`${name}.FF`, kernel, inputs, width);
    const FB = tied ? FF : house.feedback(`${name}.FB`, kernel, inputs, width);
    return {
      ff: (below) => ops.conv(below, FF, { stride }),
      fb: (r, size) => ops.convTransposed(r, FB, { stride, size }),
      ...(l === areas.length - 1 ? {} : { a: house.channels(`${name}.a`, width, 0.5) }),
      b: house.channels(`${name}.b`, width, 1),
    };
  });
  const image = frames[0];
  const states = [pcnStart(ops, layers, image)];
  while (states.length < house.steps) states.push(pcnCycle(ops, layers, image, states.at(-1)!));
  return { activity: areas.map((_, l) => states.map(({ r }) => r[l]!)) };
}

const about = {
  reference: 'Wen et al. 2018, Deep predictive coding network for object recognition, ICML, arXiv:1802.04762',
  form: HOUSE_FORM,
  grouped: false,
  unrolling: 'own',
  firstStep: 0,
} as const;

export const pcnGlobal: OwnModel = {
  ...about,
  id: 'pcn-global',
  description: 'predictive coding through all areas',
  widths: [36, 72, 140, 64],
  run: (house, frames) => run(house, frames, false),
};

export const pcnGlobalTied: OwnModel = {
  ...about,
  id: 'pcn-global-tied',
  description: 'predictive coding through all areas, feedback with the forward kernels',
  widths: [56, 108, 216, 64],
  run: (house, frames) => run(house, frames, true),
};
