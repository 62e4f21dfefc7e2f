import { bltStep } from '../../src/models/blt.js';
import { basicBlock } from '../../src/models/ff-resnet.js';
import { type Area, area, block, type Delays, inStep, SWEEP, WAVE } from '../../src/network/unroll.js';
import type { Shaped } from '../../src/ops/ops.js';
import { type Given, groupNorm, iterate, type Outcome, type Runner } from './runner.js';

/** One area of the BLT family: its bottom-up convolution, and what it does with the sum. */
function bltArea<T extends Shaped>({ ops, t, has }: Given<T>, l: 1 | 2, up: (below: T) => T, f: (x: T) => T): Area<T> {
  const top = has(`T${l}`) ? { T: t(`T${l}`), strideAbove: 2 } : {};
  const weights = { ...(has(`L${l}`) ? { L: t(`L${l}`) } : {}), ...top };
  return area<T, T, T>({
    name: `h${l}`,
    drive: up,
    step: (drive, h, above) => bltStep(ops, weights, f, drive!, h, above),
    output: (h) => h,
  });
}

const byStep = <T>(
  activity: readonly (readonly (T | null)[])[],
  names: string[],
  zeros: (name: string) => T,
): Outcome<T> =>
  activity[0]!.map((_, t) => Object.fromEntries(names.map((name, l) => [name, activity[l]![t] ?? zeros(name)])));

/** As published: max-pools between the layers, biases, f = LRN(ReLU). */
const bltPublished: Runner = (given) => {
  const { ops, t, attrs } = given;
  const act = (x: ReturnType<typeof t>) => ops.localResponseNorm(ops.relu(x), attrs.lrn);
  const h1 = bltArea(given, 1, (u) => ops.add(ops.conv(u, t('B1')), t('b1')), act);
  const pooled = (h: ReturnType<typeof t>) => ops.maxPool(h, 2, { stride: 2 });
  const h2 = bltArea(given, 2, (h) => ops.add(ops.conv(pooled(h), t('B2')), t('b2')), act);
  return byStep(inStep([h1, h2], [t('u')], given.steps, SWEEP), ['h1', 'h2'], never);
};

const bltHouse: Runner = (given) => {
  const { ops, t } = given;
  const act = (name: string) => {
    const norm = groupNorm(given, name);
    return (x: ReturnType<typeof t>) => ops.relu(norm(x));
  };
  const h1 = bltArea(given, 1, (u) => ops.conv(u, t('B1')), act('gn1'));
  const h2 = bltArea(given, 2, (h) => ops.conv(h, t('B2'), { stride: 2 }), act('gn2'));
  return byStep(inStep([h1, h2], [t('u')], given.steps, SWEEP), ['h1', 'h2'], never);
};

const never = (name: string): never => {
  throw new Error(`${name} has not been computed`);
};

/** h = ReLU(F * below + R * h), two areas. */
function plainAreas<T extends Shaped>({ ops, t }: Given<T>): [Area<T>, Area<T>] {
  const build = (l: 1 | 2): Area<T> =>
    area<T, T, T>({
      name: `h${l}`,
      drive: (below) => ops.conv(below, t(`F${l}`), { stride: l }),
      step: (drive, h) => bltStep(ops, { L: t(`R${l}`) }, ops.relu, drive!, h, null),
      output: (h) => h,
    });
  return [build(1), build(2)];
}

const together =
  (delays: Delays): Runner =>
  (given) => {
    const { ops, t, steps } = given;
    const zeros = () => ops.zeros([3, 3, 2], t('u'));
    return byStep(inStep(plainAreas(given), [t('u')], steps, delays), ['h1', 'h2'], zeros);
  };

export const networkRunners: Record<string, Runner> = {
  'bl.house': (given) => {
    const { ops, t } = given;
    const norm = groupNorm(given);
    const drive = ops.conv(t('u'), t('Wf'));
    return iterate(
      given,
      (h: typeof drive | null) => bltStep(ops, { L: t('Wr') }, (x) => ops.relu(norm(x)), drive, h, null),
      (h) => ({ h }),
    );
  },
  'blt.b': bltPublished,
  'blt.bl': bltPublished,
  'blt.bt': bltPublished,
  'blt.blt': bltPublished,
  'blt.house': bltHouse,
  // An area shows all its iterations where it is the highest.
  'unroll.block': (given) => {
    const { t, steps } = given;
    const [first, second] = plainAreas(given);
    const [h1] = block([first], t('u'), steps);
    const [, h2] = block([first, second], t('u'), steps);
    return byStep([h1!, h2!], ['h1', 'h2'], never);
  },
  'unroll.sweep': together(SWEEP),
  'unroll.wave': together(WAVE),
  'ff_resnet.block': (given) => {
    const { ops, t } = given;
    const norms = { gn1: groupNorm(given, 'gn1'), gn2: groupNorm(given, 'gn2'), gnS: groupNorm(given, 'gnS') };
    return [{ y: basicBlock(ops, { W1: t('W1'), W2: t('W2'), Ws: t('Ws'), ...norms }, t('u'), 2) }];
  },
};
