import type { House } from '../network/house.js';
import { type Area, area, type Delays, WAVE } from '../network/unroll.js';
import { type Ops, type Shaped, sum } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * CORnet-RT: Kubilius et al. 2018 (bioRxiv 408385, which calls it R). An area's output is added to its next drive; every
 * connection between areas takes a step (wave).
 *
 *     drive_t = ReLU(nIn(Win * lower_{t-1} + bin)),   V1: the image
 *     s_t = ReLU(n1(W1 * (drive_t + s_{t-1}))),       s_{-1} = 0
 *
 * At t = 0 only V1 has input: the drive of the others is exactly 0, not ReLU(nIn(0)), and their output ReLU(beta of n1),
 * which is 0 in a fresh network and a constant map, the same for all images, in a trained one. V4 at t = 1 and IT at
 * t = 1 and 2 are then driven by such constants; IT sees the image from t = 3 on.
 *
 * CORnet-R, withdrawn by its authors: the same weights, but from t = 1 on each area reads the lower one of the same t.
 * Shapes: s, drive [n][side][side][c]; Win [k][k][c below][c]; W1 [3][3][c][c].
 */
export interface CornetRtWeights<T> {
  W1: T;
  n1(x: T): T;
}

/** @param nothing zeros of the area's shape */
export function cornetRtStep<T extends Shaped>(
  ops: Ops<T>,
  { W1, n1 }: CornetRtWeights<T>,
  drive: T | null,
  s: T | null,
  nothing: () => T,
): T {
  const input = drive === null ? s : sum(ops, drive, s);
  return ops.relu(n1(input === null ? nothing() : ops.conv(input, W1)));
}

/** Of CORnet-R: nothing comes up at t = 0, then all within a step. */
export const CORNET_R: Delays = { bottomUp: (t) => (t === 0 ? 1 : 0), topDown: 1 };

function cornetRtAreas<T extends Shaped>(house: House<T>): Area<T>[] {
  const { ops } = house;
  return house.areas.map(({ name, kernel, stride, inputs, width, side }) => {
    const Win = house.kernel(`${name}.Win`, kernel, inputs, width);
    const bin = house.channels(`${name}.bin`, width, 0);
    const nIn = house.groupNorm(`${name}.gnIn`, width);
    const W1 = house.kernel(`${name}.W1`, 3, width, width);
    const n1 = house.groupNorm(`${name}.gn1`, width);
    return area<T, T, T>({
      name,
      runsUndriven: true,
      drive: (lower) => ops.relu(nIn(ops.add(ops.conv(lower, Win, { stride }), bin))),
      step: (drive, s) => cornetRtStep(ops, { W1, n1 }, drive, s, () => house.zeros(side, width)),
      output: (s) => s,
    });
  });
}

const about = {
  reference: 'Kubilius et al. 2018, doi:10.1101/408385',
  widths: [32, 64, 128, 64],
  form: HOUSE_FORM,
  grouped: true,
  areas: cornetRtAreas,
} as const;

export const cornetRt: AreaModel = {
  ...about,
  id: 'cornet-rt',
  description: 'output added to the next drive, a step from area to area',
  unrolling: WAVE,
};

export const cornetR: AreaModel = {
  ...about,
  id: 'cornet-r',
  description: 'cornet-rt with all areas in one step, as in the code that its authors withdrew',
  unrolling: CORNET_R,
};
