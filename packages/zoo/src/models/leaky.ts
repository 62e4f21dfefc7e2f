import type { House } from '../network/house.js';
import { type Area, area, SWEEP } from '../network/unroll.js';
import { type Ops, type Shaped, sum } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM, type ModelOptions } from './model.js';

/**
 * Leaky integrator, a time constant a channel: tau dr/dt = -r + f(R * r + F * x), by Euler steps of one. Areas step
 * together, bottom-up within a step (sweep).
 *
 *     r_t = (1 - alpha) r_{t-1} + alpha f(F * x_t + R * r_{t-1}),   alpha = 1 / tau,   r_{-1} = 0
 *     tau = 1 + 4 sig(xi)
 *
 * xi is learned, 0 at the start: tau = 3 steps. tau of at least one step keeps alpha at most 1; the option `tau` fixes
 * it for all channels. House: f = ReLU(GN(.)), no biases.
 * Shapes: x [n][side'][side'][c below]; r [n][side][side][c]; F [k][k][c below][c]; R [3][3][c][c]; xi [c].
 */
export interface Leak<T> {
  /** alpha x */
  gained(x: T): T;
  /** (1 - alpha) x */
  kept(x: T): T;
}

export function leakyStep<T extends Shaped>(
  ops: Ops<T>,
  { R, leak }: { R: T; leak: Leak<T> },
  f: (x: T) => T,
  /** F * x_t */
  drive: T,
  r: T | null,
): T {
  const target = leak.gained(f(sum(ops, drive, r && ops.conv(r, R))));
  return sum(ops, target, r && leak.kept(r));
}

const TAU_LEAST = 1;
const TAU_RANGE = 4;

export function learnedLeak<T extends Shaped>(ops: Ops<T>, xi: T): Leak<T> {
  const alpha = ops.reciprocal(ops.affine(ops.sigmoid(xi), TAU_RANGE, TAU_LEAST));
  const rest = ops.affine(alpha, -1, 1);
  return { gained: (x) => ops.mul(x, alpha), kept: (x) => ops.mul(x, rest) };
}

export function fixedLeak<T extends Shaped>(ops: Ops<T>, tau: number): Leak<T> {
  return { gained: (x) => ops.affine(x, 1 / tau, 0), kept: (x) => ops.affine(x, 1 - 1 / tau, 0) };
}

export const leaky: AreaModel = {
  id: 'leaky',
  reference: 'continuous-time recurrent network, Euler steps',
  description: 'lateral connections and a leak with a time constant a channel',
  widths: [32, 64, 128, 64],
  form: HOUSE_FORM,
  grouped: true,
  options: ['tau'],
  unrolling: SWEEP,
  areas: <T extends Shaped>(house: House<T>, { tau }: ModelOptions): Area<T>[] => {
    const { ops } = house;
    return house.areas.map(({ name, kernel, stride, inputs, width }) => {
      const F = house.kernel(`${name}.F`, kernel, inputs, width);
      const R = house.kernel(`${name}.R`, 3, width, width);
      const norm = house.groupNorm(`${name}.gn`, width);
      const leak =
        tau === undefined ? learnedLeak(ops, house.channels(`${name}.xi`, width, 0)) : fixedLeak<T>(ops, tau);
      return area<T, T, T>({
        name,
        drive: (x) => ops.conv(x, F, { stride }),
        step: (drive, r) => leakyStep(ops, { R, leak }, (x) => ops.relu(norm(x)), drive!, r),
        output: (r) => r,
      });
    });
  },
};
