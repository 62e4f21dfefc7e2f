import type { House } from '../network/house.js';
import { type Area, area, feedForward } from '../network/unroll.js';
import { type Ops, type Shaped, sizeOf } from '../ops/ops.js';
import { type AreaModel, HOUSE_FORM } from './model.js';

/**
 * Predictive coding network with local recurrent processing: Han et al. 2018 (NeurIPS). Predictions and errors go to and
 * fro inside each area, which runs all its cycles before the next one starts (block).
 *
 *     x = n(u);   y_0 = ReLU(FF * x)
 *     y_t = y_{t-1} + beta . FF * ReLU(x - convT(y_{t-1}; FB)),   beta = ReLU(b0 + 1)
 *     out_t = y_t + BP * x
 *
 * No ReLU on the sum. The published block shows its last out alone; here IT shows all.
 * House: V1 a plain convolution, FF, FB and BP with the area's stride, IT = ReLU(GN(out_t)).
 * Shapes: u, x [n][side'][side'][c below]; y [n][side][side][c]; FF and FB [k][k][c below][c]; BP [1][1][c below][c].
 */
export interface PcnLocalWeights<T> {
  FF: T;
  FB: T;
  BP: T;
  b0: T;
  stride: number;
}

export interface PcnLocalState<T> {
  y: T;
  /** BP * x */
  bypass: T;
}

/** @param x normed input of the area */
export function pcnLocalStep<T extends Shaped>(ops: Ops<T>, w: PcnLocalWeights<T>, x: T, y: T | null): T {
  const { stride } = w;
  if (y === null) return ops.relu(ops.conv(x, w.FF, { stride }));
  const error = ops.relu(ops.sub(x, ops.convTransposed(y, w.FB, { stride, size: sizeOf(x) })));
  const beta = ops.relu(ops.affine(w.b0, 1, 1));
  return ops.add(y, ops.mul(ops.conv(error, w.FF, { stride }), beta));
}

export function pcnLocalBypass<T extends Shaped>(ops: Ops<T>, { BP, stride }: PcnLocalWeights<T>, x: T): T {
  return ops.conv(x, BP, { stride });
}

export const pcnLocal: AreaModel = {
  id: 'pcn-local',
  reference: 'Han et al. 2018, Deep predictive coding network with local recurrent processing, NeurIPS 31',
  description: 'predictive coding inside each area',
  widths: [36, 68, 136, 64],
  form: HOUSE_FORM,
  grouped: true,
  unrolling: 'block',
  areas: <T extends Shaped>(house: House<T>): Area<T>[] => {
    const { ops } = house;
    return house.areas.map(({ name, kernel, stride, inputs, width }, l) => {
      if (l === 0) {
        const W = house.kernel(`${name}.W`, kernel, inputs, width);
        const norm = house.groupNorm(`${name}.gn`, width);
        return feedForward(name, (image) => ops.relu(norm(ops.conv(image, W, { stride }))));
      }
      const normIn = house.groupNorm(`${name}.gnIn`, inputs);
      const weights: PcnLocalWeights<T> = {
        FF: house.kernel(`${name}.FF`, kernel, inputs, width),
        FB: house.feedback(`${name}.FB`, kernel, inputs, width),
        BP: house.kernel(`${name}.BP`, 1, inputs, width),
        b0: house.channels(`${name}.b0`, width, 0),
        stride,
      };
      const isTop = l === house.areas.length - 1;
      const normOut = isTop ? house.groupNorm(`${name}.gnOut`, width) : null;
      return area<T, PcnLocalState<T>, { x: T; bypass: T }>({
        name,
        drive: (u) => {
          const x = normIn(u);
          return { x, bypass: pcnLocalBypass(ops, weights, x) };
        },
        step: (drive, state) => ({
          y: pcnLocalStep(ops, weights, drive!.x, state?.y ?? null),
          bypass: drive!.bypass,
        }),
        output: ({ y, bypass }) => {
          const out = ops.add(y, bypass);
          return normOut === null ? out : ops.relu(normOut(out));
        },
      });
    });
  },
};
