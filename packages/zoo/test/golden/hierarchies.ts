import { CORNET_R, cornetRtStep } from '../../src/models/cornet-rt.js';
import { cornetSStep } from '../../src/models/cornet-s.js';
import { cornetZ } from '../../src/models/cornet-z.js';
import { type PcnLayer, type PcnState, pcnCycle, pcnStart } from '../../src/models/pcn-global.js';
import { hardLstm, type PredNetLayer, predNet, subLstm } from '../../src/models/prednet.js';
import { type MultistateState, type MultistateWeights, multistateStep } from '../../src/models/resnet-multistate.js';
import { type Area, area, type Delays, type Frames, inStep, WAVE } from '../../src/network/unroll.js';
import { channelsOf, type Shaped, sizeOf } from '../../src/ops/ops.js';
import { batchNorm, type Given, groupNorm, iterate, type Outcome, type Runner } from './runner.js';

/** @param strided house: strided convolutions in place of pool and upsampling */
const pcnGlobal =
  (strided: boolean): Runner =>
  <T extends Shaped>(given: Given<T>): Outcome<T> => {
    const { ops, t, has } = given;
    const layers = [1, 2, 3].map((l): PcnLayer<T> => {
      const F = t(`F${l - 1}`);
      const G = has(`G${l - 1}`) ? t(`G${l - 1}`) : F;
      const halves = l === 2;
      const stride = halves && strided ? 2 : 1;
      return {
        ff: (below) => {
          const sum = ops.conv(below, F, { stride });
          return halves && !strided ? ops.maxPool(sum, 2, { stride: 2 }) : sum;
        },
        fb: (r, size) => ops.convTransposed(halves && !strided ? ops.bilinearTwice(r) : r, G, { stride, size }),
        ...(l < 3 ? { a: t(`a${l}`) } : {}),
        b: t(`b${l}`),
      };
    });
    return iterate<T, PcnState<T>>(
      given,
      (state) => (state === null ? pcnStart(ops, layers, t('u')) : pcnCycle(ops, layers, t('u'), state)),
      ({ r, p0 }) => ({ r1: r[0]!, r2: r[1]!, r3: r[2]!, ...(p0 === undefined ? {} : { p0 }) }),
    );
  };

const multistate: Runner = <T extends Shaped>(given: Given<T>): Outcome<T> => {
  const { ops, t, steps } = given;
  const shown: T[][] = [[], []];
  const build = (l: number, kernel: T, stride: number, weights: MultistateWeights<T>): Area<T> =>
    area<T, MultistateState<T>, T>({
      name: `h${l + 1}`,
      drive: (below) => ops.conv(below, kernel, { stride }),
      step: (drive, state, above) => {
        const next = multistateStep(ops, weights, ops.relu, state, l === 0 && state ? null : drive, above);
        shown[l]!.push(next.h);
        return next;
      },
      output: ({ a }) => a,
    });
  const h1 = build(0, t('W0'), 1, { K: t('K1'), Bk: { kernel: t('Bw'), stride: 2 } });
  const h2 = build(1, t('Fw'), 2, { K: t('K2') });
  inStep([h1, h2], [t('u')], steps, WAVE);
  const zeros = ops.zeros([3, 3, 3], t('u'));
  return Array.from({ length: steps }, (_, now) => ({
    h1: shown[0]![now]!,
    h2: now === 0 ? zeros : shown[1]![now - 1]!,
  }));
};

const AREAS = ['V1', 'V2', 'V4'];

const cornetRt =
  (delays: Delays): Runner =>
  <T extends Shaped>(given: Given<T>): Outcome<T> => {
    const { ops, t, attrs, steps } = given;
    const sides = [6, 3, 2];
    const areas = AREAS.map((name, l) => {
      const nIn = groupNorm(given, `${name}.gnIn`);
      const weights = { W1: t(`${name}.W1`), n1: groupNorm(given, `${name}.gn1`) };
      const window = { stride: 2, padding: attrs.padding };
      return area<T, T, T>({
        name,
        runsUndriven: true,
        drive: (lower) => ops.relu(nIn(ops.add(ops.conv(lower, t(`${name}.Win`), window), t(`${name}.bin`)))),
        step: (drive, s) => cornetRtStep(ops, weights, drive, s, () => ops.zeros([sides[l]!, sides[l]!, 4], t('u'))),
        output: (s) => s,
      });
    });
    const activity = inStep(areas, [t('u')], steps, delays);
    return activity[0]!.map((_, now) => Object.fromEntries(AREAS.map((name, l) => [name, activity[l]![now]!])));
  };

const cornetS =
  (normAt: <T extends Shaped>(given: Given<T>, name: string, step: number) => (x: T) => T): Runner =>
  <T extends Shaped>(given: Given<T>): Outcome<T> => {
    const { ops, t, attrs } = given;
    const kernels = { Wskip: t('Wskip'), W1: t('W1'), W2: t('W2'), W3: t('W3'), stride: 2, padding: attrs.padding };
    return iterate<T, T>(
      given,
      (y, step) => {
        const [nSkip, n1, n2, n3] = ['Skip', '1', '2', '3'].map((name) => normAt(given, name, step));
        const weights = { ...kernels, nSkip: nSkip!, n1: n1!, n2: n2!, n3: n3! };
        return cornetSStep(ops, weights, y ?? ops.conv(t('u'), t('Win')), y === null);
      },
      (y) => ({ y }),
    );
  };

const prednet =
  (gates: string): Runner =>
  <T extends Shaped>(given: Given<T>): Outcome<T> => {
    const { ops, t, has, attrs, steps } = given;
    const frames = Array.from({ length: steps }, (_, now) => t(`x_${now}`)) as unknown as Frames<T>;
    const [height, width] = sizeOf(frames[0]);
    const layers = [0, 1].map((l): PredNetLayer<T> => {
      const gate =
        (name: string) =>
        (z: T): T =>
          ops.add(ops.conv(z, t(`L${l}.W${name}`)), t(`L${l}.b${name}`));
      const all = Object.fromEntries([...gates].map((name) => [name, gate(name)])) as never;
      const size = [height / 2 ** l, width / 2 ** l] as const;
      const [R, A] = [channelsOf(t(`L${l}.bi`)), channelsOf(t(`L${l}.bahat`))];
      return {
        lstm: gates.includes('z') ? subLstm(ops, all) : hardLstm(ops, all),
        Wahat: t(`L${l}.Wahat`),
        bahat: t(`L${l}.bahat`),
        ...(has(`L${l}.Wa`) ? { Wa: t(`L${l}.Wa`), ba: t(`L${l}.ba`) } : {}),
        zeros: () => ({ R: ops.zeros([...size, R], frames[0]), E: ops.zeros([...size, 2 * A], frames[0]) }),
      };
    });
    return predNet(ops, layers, frames, steps, attrs['extrapStart'] as number).map(({ R, E, Ahat }) =>
      Object.fromEntries(
        [0, 1].flatMap((l) => [
          [`R${l}`, R[l]!],
          [`E${l}`, E[l]!],
          [`Ahat${l}`, Ahat[l]!],
        ]),
      ),
    );
  };

export const hierarchyRunners: Record<string, Runner> = {
  'pcn_global.untied': pcnGlobal(false),
  'pcn_global.tied': pcnGlobal(false),
  'pcn_global.house': pcnGlobal(true),
  resnet_multistate: multistate,
  'cornet_z.block': ({ ops, t, attrs }) => [{ y: cornetZ(ops, { W: t('W'), b: t('b') }, t('u'), attrs) }],
  cornet_rt: cornetRt(WAVE),
  'cornet_r.legacy': cornetRt(CORNET_R),
  'cornet_s.block': cornetS((given, name, step) => batchNorm(given, name === 'Skip' ? 'bnSkip' : `bn${name}_${step}`)),
  'cornet_s.house': cornetS((given, name) => groupNorm(given, `gn${name}`)),
  'prednet.convlstm': prednet('ifco'),
  'prednet.subconvlstm': prednet('ifoz'),
};
