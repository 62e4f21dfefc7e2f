import { convLstmStep, type LstmState } from '../../src/models/convlstm.js';
import { type GrclWeights, grclGate, grclStep } from '../../src/models/grcl.js';
import { leakyStep, learnedLeak } from '../../src/models/leaky.js';
import { pcnLocalBypass, pcnLocalStep } from '../../src/models/pcn-local.js';
import { rclStep } from '../../src/models/rcl.js';
import { resnetSharedStep } from '../../src/models/resnet-shared.js';
import { retina } from '../../src/models/retina-bl.js';
import { rgcStep } from '../../src/models/rgc.js';
import { subConvLstmStep } from '../../src/models/subconvlstm.js';
import type { Shaped } from '../../src/ops/ops.js';
import { batchNorm, type Given, groupNorm, iterate, type Outcome, type Runner } from './runner.js';

const same = <T>(x: T): T => x;

const rcl: Runner = <T extends Shaped>(given: Given<T>): Outcome<T> => {
  const { ops, t, attrs } = given;
  const g = attrs.lrn === undefined ? same<T> : (x: T): T => ops.localResponseNorm(x, attrs.lrn);
  const drive = ops.add(ops.conv(t('u'), t('Wf')), t('b'));
  return iterate<T, T>(
    given,
    (h) => rclStep(ops, t('Wr'), g, drive, h),
    (h) => ({ h }),
  );
};

/** @param normsAt what stands around the recurrent terms at an iteration */
function grcl<T extends Shaped>(
  given: Given<T>,
  nF: (x: T) => T,
  nGF: (x: T) => T,
  normsAt: (step: number) => Pick<GrclWeights<T>, 'nR' | 'nGR' | 'nP'>,
  gateAtStart: boolean,
): Outcome<T> {
  const { ops, t } = given;
  const drive = { input: nF(ops.conv(t('u'), t('Wf'))), gate: nGF(ops.conv(t('u'), t('Wgf'))) };
  let before: T | null = null;
  return Array.from({ length: given.steps }, (_, step): Record<string, T> => {
    const kernels = { Wr: t('Wr'), Wgr: t('Wgr') };
    const weights = { ...kernels, ...(step === 0 ? { nR: same<T>, nGR: same<T>, nP: same<T> } : normsAt(step)) };
    const gate = step > 0 || gateAtStart ? grclGate(ops, weights, drive, before) : null;
    before = grclStep(ops, weights, drive, before);
    return gate === null ? { h: before } : { h: before, G: gate };
  });
}

/** x_0, x_1, ...: another input at every step. */
const lstm =
  (
    gates: string,
    step: <T extends Shaped>(given: Given<T>, x: Record<string, T>, state: LstmState<T> | null) => LstmState<T>,
  ): Runner =>
  <T extends Shaped>(given: Given<T>): Outcome<T> => {
    const { ops, t } = given;
    return iterate<T, LstmState<T>>(
      given,
      (state, now) => {
        const drive = (gate: string): T => ops.add(ops.conv(t(`x_${now}`), t(`Wx${gate}`)), t(`b${gate}`));
        return step(given, Object.fromEntries([...gates].map((gate) => [gate, drive(gate)])), state);
      },
      ({ h, c }) => ({ h, c }),
    );
  };

const leaky =
  (house: boolean): Runner =>
  <T extends Shaped>(given: Given<T>): Outcome<T> => {
    const { ops, t } = given;
    const norm = house ? groupNorm(given) : (x: T): T => ops.add(x, t('b'));
    const drive = ops.conv(t('u'), t('Wf'));
    const cell = { R: t('Wr'), leak: learnedLeak(ops, t('xi')) };
    return iterate<T, T>(
      given,
      (r) => leakyStep(ops, cell, (x) => ops.relu(norm(x)), drive, r),
      (r) => ({ r }),
    );
  };

const resnetShared =
  (house: boolean): Runner =>
  <T extends Shaped>(given: Given<T>): Outcome<T> => {
    const { ops, t } = given;
    const [n1, n2] = house ? [groupNorm(given, 'gn1'), groupNorm(given, 'gn2')] : [same<T>, same<T>];
    return iterate<T, T>(
      given,
      (h) => (h === null ? ops.conv(t('u'), t('W0')) : resnetSharedStep(ops, { W1: t('W1'), W2: t('W2'), n1, n2 }, h)),
      (h) => ({ h }),
    );
  };

const pcnLocal =
  (norm: <T extends Shaped>(given: Given<T>) => (x: T) => T): Runner =>
  <T extends Shaped>(given: Given<T>): Outcome<T> => {
    const { ops, t, attrs } = given;
    const weights = { FF: t('FF'), FB: t('FB'), BP: t('BP'), b0: t('b0'), stride: attrs.stride };
    const x = norm(given)(t('u'));
    const bypass = pcnLocalBypass(ops, weights, x);
    return iterate<T, T>(
      given,
      (y) => pcnLocalStep(ops, weights, x, y),
      (y) => ({ y, out: ops.add(y, bypass) }),
    );
  };

const rgc: Runner = <T extends Shaped>(given: Given<T>): Outcome<T> => {
  const { ops, t, has } = given;
  const x = { forOutput: t('x'), forMemory: has('Win') ? ops.conv(t('x'), t('Win')) : t('x') };
  const weights = { Wch: t('Wch'), Whh: t('Whh'), Whc: t('Whc'), Wcc: t('Wcc') };
  return iterate<T, { h: T; c: T }>(
    given,
    (state) => rgcStep(ops, weights, x, state),
    ({ h, c }) => ({ h, c }),
  );
};

export const cellRunners: Record<string, Runner> = {
  'rcl.lrn': rcl,
  'rcl.plain': rcl,
  'grcl.published': (given) =>
    grcl(
      given,
      batchNorm(given, 'bnF'),
      batchNorm(given, 'bnGF'),
      (step) => ({
        nR: batchNorm(given, `bnR_${step}`),
        nGR: batchNorm(given, `bnGR_${step}`),
        nP: batchNorm(given, `bnP_${step}`),
      }),
      false,
    ),
  'grcl.survey': (given) => grcl(given, same, same, () => ({ nR: same, nGR: same, nP: same }), true),
  'grcl.house': (given) =>
    grcl(
      given,
      groupNorm(given, 'gnF'),
      groupNorm(given, 'gnGF'),
      () => ({ nR: groupNorm(given, 'gnR'), nGR: groupNorm(given, 'gnGR'), nP: groupNorm(given, 'gnP') }),
      false,
    ),
  'convlstm.peephole': lstm('ifco', ({ ops, t }, { i, f, c, o }, state) => {
    const weights = {
      Whi: t('Whi'),
      Whf: t('Whf'),
      Whc: t('Whc'),
      Who: t('Who'),
      Wci: t('Wci'),
      Wcf: t('Wcf'),
      Wco: t('Wco'),
    };
    return convLstmStep(ops, weights, { i: i!, f: f!, c: c!, o: o! }, state ?? { h: null, c: null });
  }),
  subconvlstm: lstm('ifoz', ({ ops, t }, { i, f, o, z }, state) => {
    const weights = { Whi: t('Whi'), Whf: t('Whf'), Who: t('Who'), Whz: t('Whz') };
    return subConvLstmStep(ops, weights, { i: i!, f: f!, o: o!, z: z! }, state ?? { h: null, c: null });
  }),
  leaky: leaky(false),
  'leaky.house': leaky(true),
  'resnet_shared.plain': resnetShared(false),
  'resnet_shared.house': resnetShared(true),
  'pcn_local.published': pcnLocal((given) => batchNorm(given, 'bn')),
  'pcn_local.house': pcnLocal((given) => groupNorm(given, 'gn')),
  'rgc.code': rgc,
  'rgc.survey': rgc,
  retina_lgn: (given) => {
    const { ops, t } = given;
    const weights = { Wr1: t('Wr1'), br1: t('br1'), Wr2: t('Wr2'), br2: t('br2'), Wl: t('Wl'), bl: t('bl') };
    const { r1, r2, lgn } = retina(ops, weights, t('u'));
    return [{ retina1: r1, retinaOut: r2, lgn }];
  },
};
