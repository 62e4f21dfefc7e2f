import type { House } from '../network/house.js';
import { type Area, area, SWEEP } from '../network/unroll.js';
import { type Ops, type Shaped, sum } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * Convolutional LSTM with peepholes: Shi et al. 2015 (NIPS). Areas step together, bottom-up within a step (sweep).
 *
 *     i = sig(Wxi * x_t + Whi * h_{t-1} + Wci . c_{t-1} + bi)          f alike
 *     c_t = f . c_{t-1} + i . tanh(Wxc * x_t + Whc * h_{t-1} + bc)
 *     o = sig(Wxo * x_t + Who * h_{t-1} + Wco . c_t + bo)              sees c_t, the others c_{t-1}
 *     h_t = o . tanh(c_t),   h_{-1} = c_{-1} = 0
 *
 * Peepholes have one weight a place and channel, so the cell is tied to the size of its map.
 * Shapes: x [n][side'][side'][c below]; h, c [n][side][side][c]; Wx. [k][k][c below][c]; Wh. [3][3][c][c];
 * Wc. [side][side][c]; b. [c].
 */
export interface ConvLstmWeights<T> {
  Whi: T;
  Whf: T;
  Whc: T;
  Who: T;
  Wci: T;
  Wcf: T;
  Wco: T;
}

/** Wx. * x_t + b., of each gate. */
export type GateDrives<T, Gate extends string> = Record<Gate, T>;

export interface LstmState<T> {
  h: T;
  c: T;
}

export function convLstmStep<T extends Shaped>(
  ops: Ops<T>,
  w: ConvLstmWeights<T>,
  x: GateDrives<T, 'i' | 'f' | 'c' | 'o'>,
  { h, c }: LstmState<T> | { h: null; c: null },
): LstmState<T> {
  const back = (W: T): T | null => h && ops.conv(h, W);
  const peep = (W: T, cell: T | null): T | null => cell && ops.mul(cell, W);
  const i = ops.sigmoid(sum(ops, x.i, back(w.Whi), peep(w.Wci, c)));
  const candidate = ops.mul(i, ops.tanh(sum(ops, x.c, back(w.Whc))));
  const kept = c && ops.mul(ops.sigmoid(sum(ops, x.f, back(w.Whf), peep(w.Wcf, c))), c);
  const next = sum(ops, candidate, kept);
  const o = ops.sigmoid(sum(ops, x.o, back(w.Who), peep(w.Wco, next)));
  return { h: ops.mul(o, ops.tanh(next)), c: next };
}

export const convlstm: AreaModel = {
  id: 'convlstm',
  reference: 'Shi et al. 2015, Convolutional LSTM network, NIPS 28',
  description: 'convolutional LSTM with peepholes',
  widths: [12, 24, 40, 64],
  form: HOUSE_FORM,
  grouped: false,
  unrolling: SWEEP,
  areas: <T extends Shaped>(house: House<T>): Area<T>[] => {
    const { ops } = house;
    return house.areas.map(({ name, kernel, stride, inputs, width, side }) => {
      const gate = { gate: true };
      const input = (k: 'i' | 'f' | 'c' | 'o') => {
        const W = house.kernel(`${name}.Wx${k}`, kernel, inputs, width, gate);
        const b = house.channels(`${name}.b${k}`, width, k === 'f' ? 1 : 0);
        return (x: T): T => ops.add(ops.conv(x, W, { stride }), b);
      };
      const [i, f, c, o] = [input('i'), input('f'), input('c'), input('o')];
      const weights: ConvLstmWeights<T> = {
        Whi: house.kernel(`${name}.Whi`, 3, width, width, gate),
        Whf: house.kernel(`${name}.Whf`, 3, width, width, gate),
        Whc: house.kernel(`${name}.Whc`, 3, width, width, gate),
        Who: house.kernel(`${name}.Who`, 3, width, width, gate),
        Wci: house.map(`${name}.Wci`, side, width),
        Wcf: house.map(`${name}.Wcf`, side, width),
        Wco: house.map(`${name}.Wco`, side, width),
      };
      return area<T, LstmState<T>, GateDrives<T, 'i' | 'f' | 'c' | 'o'>>({
        name,
        drive: (x) => ({ i: i(x), f: f(x), c: c(x), o: o(x) }),
        step: (drive, state) => convLstmStep(ops, weights, drive!, state ?? { h: null, c: null }),
        output: ({ h }) => h,
      });
    });
  },
};
