import type { House } from '../network/house.js';
import { type Area, area } from '../network/unroll.js';
import { type Ops, type Shaped, sum } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * Gated recurrent convolutional layer: Wang & Hu 2017 (NIPS). As rcl, with a gate on the recurrent term (block):
 *
 *     h_0 = ReLU(nF(Wf * u))
 *     G_t = sig(nGF(Wgf * u) + nGR(Wgr * h_{t-1}))
 *     h_t = ReLU(nF(Wf * u) + nP(nR(Wr * h_{t-1}) . G_t)),   t = 1, 2, ...
 *
 * Wgf and Wgr are 1x1. Published: batch norms, the three recurrent ones (nR, nGR, nP) with statistics of each t; a
 * survey drops all of them. House: five group norms, shared over time; Wgf has the area's stride, and V1's its kernel.
 *
 * Shapes: u [n][side'][side'][c below]; h, G [n][side][side][c].
 */
export interface GrclWeights<T> {
  Wr: T;
  Wgr: T;
  nR(x: T): T;
  nGR(x: T): T;
  nP(x: T): T;
}

export interface GrclDrive<T> {
  /** nF(Wf * u) */
  input: T;
  /** nGF(Wgf * u) */
  gate: T;
}

export function grclGate<T extends Shaped>(ops: Ops<T>, w: GrclWeights<T>, { gate }: GrclDrive<T>, h: T | null): T {
  return ops.sigmoid(sum(ops, gate, h && w.nGR(ops.conv(h, w.Wgr))));
}

export function grclStep<T extends Shaped>(ops: Ops<T>, w: GrclWeights<T>, drive: GrclDrive<T>, h: T | null): T {
  if (h === null) return ops.relu(drive.input);
  const recurrent = ops.mul(w.nR(ops.conv(h, w.Wr)), grclGate(ops, w, drive, h));
  return ops.relu(ops.add(drive.input, w.nP(recurrent)));
}

export const grcl: AreaModel = {
  id: 'grcl',
  reference: 'Wang & Hu 2017, Gated recurrent convolution neural network for OCR, NIPS 30',
  description: 'recurrent convolutional layers with a gate on the recurrent term',
  widths: [28, 56, 120, 64],
  form: HOUSE_FORM,
  grouped: true,
  unrolling: 'block',
  areas: <T extends Shaped>(house: House<T>): Area<T>[] => {
    const { ops } = house;
    return house.areas.map(({ name, kernel, stride, inputs, width }, l) => {
      const Wf = house.kernel(`${name}.Wf`, kernel, inputs, width);
      const Wgf = house.kernel(`${name}.Wgf`, l === 0 ? kernel : 1, inputs, width, { gate: true });
      const nF = house.groupNorm(`${name}.gnF`, width);
      const nGF = house.groupNorm(`${name}.gnGF`, width);
      const weights: GrclWeights<T> = {
        Wr: house.kernel(`${name}.Wr`, 3, width, width),
        Wgr: house.kernel(`${name}.Wgr`, 1, width, width, { gate: true }),
        nR: house.groupNorm(`${name}.gnR`, width),
        nGR: house.groupNorm(`${name}.gnGR`, width),
        nP: house.groupNorm(`${name}.gnP`, width),
      };
      return area<T, T, GrclDrive<T>>({
        name,
        drive: (u) => ({ input: nF(ops.conv(u, Wf, { stride })), gate: nGF(ops.conv(u, Wgf, { stride })) }),
        step: (drive, h) => grclStep(ops, weights, drive!, h),
        output: (h) => h,
      });
    });
  },
};
