import { type Frames, frameAt } from '../network/unroll.js';
import type { Ops, Shaped } from '../ops/ops.js';

/**
 * PredNet: Lotter, Kreiman & Cox 2017 (ICLR). Each layer predicts what comes up; representations go down, errors go up.
 * Order of its own: in every step down first, then up.
 *
 *     down, l = L-1 .. 0:  z = [R_l(t-1), E_l(t-1), nearest x2 (R_{l+1}(t))];  c_l, R_l = LSTM(z, c_l)
 *     up, l = 0 ..:        Ahat_l = ReLU(Wahat_l * R_l + b), Ahat_0 at most 1
 *                          E_l = [ReLU(Ahat_l - A_l), ReLU(A_l - Ahat_l)]
 *                          A_{l+1} = maxpool_2(ReLU(Wa_l * E_l + b)),   A_0 = frame
 *
 * R_{l+1} is of this t; all states are 0 before t = 0. LSTM (prednet): i, f, o = hard sigmoid(W * z + b), c = f . c + i .
 * tanh(W * z + b), R = o . tanh(c), no peepholes. subLSTM (prednet-sub): i, f, o, z logistic, c = f . c + z - i,
 * R = sig(c) - o. Ahat_0(t) is made of states up to t - 1: it is the prediction of frame t; at t = 0 it knows nothing.
 * Extrapolation from step k: A_0(t) = Ahat_0(t-1) for t >= k, and later frames are never read.
 *
 * Shapes: A_l, R_l [n][side][side][c_l]; E_l has 2 c_l channels; kernels [3][3][in][out].
 */
export interface PredNetLayer<T> {
  lstm(z: T, c: T | null): { R: T; c: T };
  Wahat: T;
  bahat: T;
  /** To the layer above; none at the top. */
  Wa?: T;
  ba?: T;
  /** Zeros of R_l and E_l. */
  zeros(): { R: T; E: T };
}

export interface PredNetStep<T> {
  R: readonly T[];
  E: readonly T[];
  Ahat: readonly T[];
}

export function predNet<T extends Shaped>(
  ops: Ops<T>,
  layers: readonly PredNetLayer<T>[],
  frames: Frames<T>,
  steps: number,
  extrapolateFrom = Number.POSITIVE_INFINITY,
): PredNetStep<T>[] {
  const cells: (T | null)[] = layers.map(() => null);
  const shown: PredNetStep<T>[] = [];
  for (let t = 0; t < steps; t++) {
    const before = shown.at(-1);
    const [R, E, Ahat]: [T[], T[], T[]] = [[], [], []];
    for (let l = layers.length - 1; l >= 0; l--) {
      const last = before ? { R: before.R[l]!, E: before.E[l]! } : layers[l]!.zeros();
      const down = R[l + 1] === undefined ? [] : [ops.nearestTwice(R[l + 1]!)];
      const next = layers[l]!.lstm(ops.concat([last.R, last.E, ...down]), cells[l]!);
      [R[l], cells[l]] = [next.R, next.c];
    }
    let A = t < extrapolateFrom ? frameAt(frames, t) : before!.Ahat[0]!;
    for (const [l, { Wahat, bahat, Wa, ba }] of layers.entries()) {
      const predicted = ops.relu(ops.add(ops.conv(R[l]!, Wahat), bahat));
      Ahat[l] = l === 0 ? ops.atMost(predicted, 1) : predicted;
      E[l] = ops.concat([ops.relu(ops.sub(Ahat[l]!, A)), ops.relu(ops.sub(A, Ahat[l]!))]);
      if (Wa && ba) A = ops.maxPool(ops.relu(ops.add(ops.conv(E[l]!, Wa), ba)), 2, { stride: 2 });
    }
    shown.push({ R, E, Ahat });
  }
  return shown;
}

/** W * z + b of one gate. */
export type Gate<T> = (z: T) => T;

export function hardLstm<T extends Shaped>(ops: Ops<T>, gates: Record<'i' | 'f' | 'c' | 'o', Gate<T>>) {
  return (z: T, c: T | null): { R: T; c: T } => {
    const gained = ops.mul(ops.hardSigmoid(gates.i(z)), ops.tanh(gates.c(z)));
    const next = c === null ? gained : ops.add(ops.mul(ops.hardSigmoid(gates.f(z)), c), gained);
    return { R: ops.mul(ops.hardSigmoid(gates.o(z)), ops.tanh(next)), c: next };
  };
}

export function subLstm<T extends Shaped>(ops: Ops<T>, gates: Record<'i' | 'f' | 'o' | 'z', Gate<T>>) {
  return (z: T, c: T | null): { R: T; c: T } => {
    const change = ops.sub(ops.sigmoid(gates.z(z)), ops.sigmoid(gates.i(z)));
    const next = c === null ? change : ops.add(ops.mul(ops.sigmoid(gates.f(z)), c), change);
    return { R: ops.sub(ops.sigmoid(next), ops.sigmoid(gates.o(z))), c: next };
  };
}
