import type { House } from '../network/house.js';
import { type Area, area } from '../network/unroll.js';
import { type LocalResponse, type Ops, type Shaped, sum } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * Recurrent convolutional layer: Liang & Hu 2015 (CVPR). The output of a layer convolves back into it while the layer
 * below stands still; each area runs all its iterations before the next one starts (block).
 *
 *     h_t = g(ReLU(Wf * u + Wr * h_{t-1} + b)),   t = 0, 1, ..., h_{-1} = 0
 *
 * The same b at every t; g = local response normalisation over N = c/8 + 1 channels, f / (1 + (alpha/N) sum f²)^.75,
 * alpha = 1e-3. (A survey prints h_{t+1} on the left and h_{t-1} on the right; that skips a step.)
 *
 * Shapes: u [n][side'][side'][c below]; h [n][side][side][c]; Wf [k][k][c below][c]; Wr [3][3][c][c]; b [c].
 */
export function rclStep<T extends Shaped>(
  ops: Ops<T>,
  Wr: T,
  g: (x: T) => T,
  /** Wf * u + b */
  drive: T,
  h: T | null,
): T {
  return g(ops.relu(sum(ops, drive, h && ops.conv(h, Wr))));
}

const ALPHA = 1e-3;

/** The normalisation for so many channels; operators take alpha as it stands before the sum. */
export function rclResponse(width: number): LocalResponse {
  const channels = width / 8 + 1;
  return { radius: Math.floor(channels / 2), bias: 1, alpha: ALPHA / channels, beta: 0.75 };
}

export const rcl: AreaModel = {
  id: 'rcl',
  reference: 'Liang & Hu 2015, doi:10.1109/CVPR.2015.7298958',
  description: 'convolutional layers whose output convolves back into them',
  widths: [32, 64, 128, 64],
  form: HOUSE_FORM,
  grouped: false,
  unrolling: 'block',
  areas: <T extends Shaped>(house: House<T>): Area<T>[] => {
    const { ops } = house;
    return house.areas.map(({ name, kernel, stride, inputs, width }) => {
      const Wf = house.kernel(`${name}.Wf`, kernel, inputs, width);
      const Wr = house.kernel(`${name}.Wr`, 3, width, width);
      const b = house.channels(`${name}.b`, width, 0);
      const response = rclResponse(width);
      return area<T, T, T>({
        name,
        drive: (u) => ops.add(ops.conv(u, Wf, { stride }), b),
        step: (drive, h) => rclStep(ops, Wr, (x) => ops.localResponseNorm(x, response), drive!, h),
        output: (h) => h,
      });
    });
  },
};
