import type { House } from '../network/house.js';
import type { Frames } from '../network/unroll.js';
import type { Shaped } from '../ops/ops.js';
import type { ModelOptions, OwnModel } from './model.js';
import { type Gate, hardLstm, type PredNetLayer, predNet, subLstm } from './prednet.js';

/*
 * PredNet in the house configuration: the frame is first averaged to half its side (fixed); A and R have the same
 * channels, 3 in the lowest layer; every convolution 3x3 with a bias. The areas are R_0 .. R_3, each half the side of the
 * one below; IT is R_3. A still image is its own next frame: after t = 0 the network explains it away.
 */
type Lstm = 'prednet' | 'prednet-sub';

function layersOf<T extends Shaped>(house: House<T>, kind: Lstm): PredNetLayer<T>[] {
  const { ops, areas } = house;
  const convolution = (kernel: string, bias: string, inputs: number, outputs: number, gate: boolean, start = 0) => {
    const W = house.kernel(kernel, 3, inputs, outputs, { gate });
    const b = house.channels(bias, outputs, start);
    return { W, b };
  };
  return areas.map(({ width, side }, l): PredNetLayer<T> => {
    const above = areas[l + 1];
    const inputs = width + 2 * width + (above?.width ?? 0);
    const gate = (name: string): Gate<T> => {
      const { W, b } = convolution(`L${l}.W${name}`, `L${l}.b${name}`, inputs, width, true, name === 'f' ? 1 : 0);
      return (z) => ops.add(ops.conv(z, W), b);
    };
    const lstm =
      kind === 'prednet'
        ? hardLstm(ops, { i: gate('i'), f: gate('f'), c: gate('c'), o: gate('o') })
        : subLstm(ops, { i: gate('i'), f: gate('f'), o: gate('o'), z: gate('z') });
    const predicted = convolution(`L${l}.Wahat`, `L${l}.bahat`, width, width, false);
    const up = above && convolution(`L${l}.Wa`, `L${l}.ba`, 2 * width, above.width, false);
    return {
      lstm,
      Wahat: predicted.W,
      bahat: predicted.b,
      ...(up ? { Wa: up.W, ba: up.b } : {}),
      zeros: () => ({ R: house.zeros(side, width), E: house.zeros(side, 2 * width) }),
    };
  });
}

function run<T extends Shaped>(house: House<T>, frames: Frames<T>, { extrapolateFrom }: ModelOptions, kind: Lstm) {
  const { ops, areas, steps } = house;
  const [first, ...rest] = frames;
  const half = (frame: T): T => ops.meanPool(frame, 2);
  const shown = predNet(ops, layersOf(house, kind), [half(first), ...rest.map(half)], steps, extrapolateFrom);
  const layers = [...areas.keys()];
  return {
    activity: layers.map((l) => shown.map(({ R }) => R[l]!)),
    inner: Object.fromEntries(
      layers.flatMap((l) => [
        [`prediction${l}`, shown.map(({ Ahat }) => Ahat[l]!)],
        [`error${l}`, shown.map(({ E }) => E[l]!)],
      ]),
    ),
  };
}

const HALF = { kernel: 3, stride: 2 };
const RGB = 3;

const about = {
  form: [HALF, HALF, HALF, HALF],
  fixedForm: true,
  firstWidth: RGB,
  grouped: false,
  widths: [RGB, 16, 24, 44],
  unrolling: 'own',
  firstStep: 1,
  rawPixels: true,
  options: ['extrapolateFrom'],
} as const;

export const prednet: OwnModel = {
  ...about,
  id: 'prednet',
  reference: 'Lotter, Kreiman & Cox 2017, arXiv:1605.08104',
  description: 'predicts the next frame; convolutional LSTM with hard sigmoids',
  run: (house, frames, options) => run(house, frames, options, 'prednet'),
};

export const prednetSub: OwnModel = {
  ...about,
  id: 'prednet-sub',
  reference: 'Lotter, Kreiman & Cox 2017, arXiv:1605.08104, with the cell of Costa et al. 2017',
  description: 'predicts the next frame; LSTM with subtractive gates',
  run: (house, frames, options) => run(house, frames, options, 'prednet-sub'),
};
