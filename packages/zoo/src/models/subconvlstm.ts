import type { House } from '../network/house.js';
import { type Area, area, SWEEP } from '../network/unroll.js';
import { type Ops, type Shaped, sum } from '../ops/ops.js';
import type { GateDrives, LstmState } from './convlstm.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * LSTM with subtractive gates, made convolutional: Costa et al. 2017 (NIPS); no paper has the convolutional form. Areas
 * step together, bottom-up within a step (sweep).
 *
 *     i, f, o, z = sig(Wx. * x_t + Wh. * h_{t-1} + b.)
 *     c_t = f . c_{t-1} + z - i
 *     h_t = sig(c_t) - o,   h_{-1} = c_{-1} = 0
 *
 * h lies in (-1, 1), c is unbounded, and nothing is multiplied but f . c. A fresh cell has h near 0.
 * Shapes: x [n][side'][side'][c below]; h, c [n][side][side][c]; Wx. [k][k][c below][c]; Wh. [3][3][c][c]; b. [c].
 */
export interface SubConvLstmWeights<T> {
  Whi: T;
  Whf: T;
  Who: T;
  Whz: T;
}

export function subConvLstmStep<T extends Shaped>(
  ops: Ops<T>,
  w: SubConvLstmWeights<T>,
  x: GateDrives<T, 'i' | 'f' | 'o' | 'z'>,
  { h, c }: LstmState<T> | { h: null; c: null },
): LstmState<T> {
  const gate = (drive: T, W: T): T => ops.sigmoid(sum(ops, drive, h && ops.conv(h, W)));
  const change = ops.sub(gate(x.z, w.Whz), gate(x.i, w.Whi));
  const next = sum(ops, change, c && ops.mul(gate(x.f, w.Whf), c));
  return { h: ops.sub(ops.sigmoid(next), gate(x.o, w.Who)), c: next };
}

export const subconvlstm: AreaModel = {
  id: 'subconvlstm',
  reference: 'Costa et al. 2017, Cortical microcircuits as gated-recurrent neural networks, NIPS 30',
  description: 'convolutional LSTM with subtractive gates',
  widths: [12, 24, 44, 64],
  form: HOUSE_FORM,
  grouped: false,
  unrolling: SWEEP,
  areas: <T extends Shaped>(house: House<T>): Area<T>[] => {
    const { ops } = house;
    return house.areas.map(({ name, kernel, stride, inputs, width }) => {
      const gate = { gate: true };
      const input = (k: 'i' | 'f' | 'o' | 'z') => {
        const W = house.kernel(`${name}.Wx${k}`, kernel, inputs, width, gate);
        const b = house.channels(`${name}.b${k}`, width, k === 'f' ? 1 : 0);
        return (x: T): T => ops.add(ops.conv(x, W, { stride }), b);
      };
      const [i, f, o, z] = [input('i'), input('f'), input('o'), input('z')];
      const weights: SubConvLstmWeights<T> = {
        Whi: house.kernel(`${name}.Whi`, 3, width, width, gate),
        Whf: house.kernel(`${name}.Whf`, 3, width, width, gate),
        Who: house.kernel(`${name}.Who`, 3, width, width, gate),
        Whz: house.kernel(`${name}.Whz`, 3, width, width, gate),
      };
      return area<T, LstmState<T>, GateDrives<T, 'i' | 'f' | 'o' | 'z'>>({
        name,
        drive: (x) => ({ i: i(x), f: f(x), o: o(x), z: z(x) }),
        step: (drive, state) => subConvLstmStep(ops, weights, drive!, state ?? { h: null, c: null }),
        output: ({ h }) => h,
      });
    });
  },
};
