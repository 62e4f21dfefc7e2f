import { ZOO } from '../models/index.js';
import { AREA_NAMES, type ModelOptions, type ZooModel } from '../models/model.js';
import { resolveAreas } from './areas.js';
import { invalid, refuseUnknown, whole } from './checks.js';
import type { AreaShape } from './house.js';
import { LIMITS } from './limits.js';
import { type Delays, SWEEP } from './unroll.js';

/** An architecture by its difference from the house configuration. Lists have one number an area: V1, V2, V4, IT. */
export interface ZooConfig extends ModelOptions {
  /** Id of the zoo. */
  model: string;
  /** Channels. */
  widths?: readonly number[];
  /** Sides of the bottom-up kernels. */
  kernels?: readonly number[];
  /** Strides of the bottom-up convolutions. */
  strides?: readonly number[];
  /** Side of the image in pixels; 64. */
  image?: number;
  /** 10 */
  classes?: number;
  /** Steps whose IT depends on the image; 9. */
  steps?: number;
  /** Steps from an area to its reader, where all areas step together: 0 and 1 is a sweep, 1 and 1 a wave. */
  delays?: { bottomUp: number; topDown: number };
}

/** A configuration that has been checked, with the house's numbers where it says nothing. */
export interface Architecture {
  readonly model: ZooModel;
  readonly options: ModelOptions;
  readonly areas: readonly AreaShape[];
  readonly imageSide: number;
  readonly classes: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The first step whose IT depends on the image. */
  readonly firstStep: number;
  readonly unrolling: ZooModel['unrolling'];
}

const HOUSE = { image: 64, classes: 10, steps: 9 } as const;
const FORM_FIELDS = ['kernels', 'strides'];
const TIME_FIELDS = ['steps'];

/** @throws CorescoreError `invalid_architecture` or `model_too_complex` with the field and the remedy */
export function resolveArchitecture(config: ZooConfig): Architecture {
  const model = modelOf(config.model);
  const inStep = typeof model.unrolling === 'object';
  const known = [
    'model',
    'widths',
    ...(model.fixedForm ? [] : FORM_FIELDS),
    'image',
    'classes',
    ...(model.unrolling === 'once' ? [] : TIME_FIELDS),
    ...(inStep ? ['delays'] : []),
    ...(model.options ?? []),
  ];
  refuseUnknown(config, known, '', `A configuration of ${model.id} has`);
  const imageSide = whole(config.image ?? HOUSE.image, '/image', 1, LIMITS.imageSide);
  const classes = whole(config.classes ?? HOUSE.classes, '/classes', 2, LIMITS.classes);
  const options = optionsOf(config);
  const unrolling = config.delays === undefined ? model.unrolling : delaysOf(config.delays, model);
  const firstStep = firstStepOf(model, unrolling);
  const driven = model.unrolling === 'once' ? 1 : whole(config.steps ?? HOUSE.steps, '/steps', 1, LIMITS.steps);
  const areas = resolveAreas(model, config, options, imageSide);
  return { model, options, areas, imageSide, classes, steps: driven + firstStep, firstStep, unrolling };
}

function modelOf(id: unknown): ZooModel {
  const model = typeof id === 'string' ? ZOO.get(id) : undefined;
  if (model !== undefined) return model;
  const what = id === undefined ? 'The configuration names no model.' : `The zoo has no model ${JSON.stringify(id)}.`;
  throw invalid(what, '/model', `Give one of ${[...ZOO.keys()].join(', ')}.`);
}

const LEAST_TAU = 1;
const MOST_TAU = 1000;
const MOST_NERVE = 256;

function optionsOf({ tau, opticNerve, extrapolateFrom }: ZooConfig): ModelOptions {
  if (tau !== undefined && !(typeof tau === 'number' && tau >= LEAST_TAU && tau <= MOST_TAU)) {
    const remedy = `Give a number of steps from ${LEAST_TAU} (no leak) to ${MOST_TAU}; leave it out to have it learned.`;
    throw invalid(`/tau is ${JSON.stringify(tau)}.`, '/tau', remedy);
  }
  if (opticNerve !== undefined) whole(opticNerve, '/opticNerve', 1, MOST_NERVE);
  if (extrapolateFrom !== undefined) whole(extrapolateFrom, '/extrapolateFrom', 1, LIMITS.steps);
  return {
    ...(tau === undefined ? {} : { tau }),
    ...(opticNerve === undefined ? {} : { opticNerve }),
    ...(extrapolateFrom === undefined ? {} : { extrapolateFrom }),
  };
}

function delaysOf(delays: NonNullable<ZooConfig['delays']>, model: ZooModel): Delays {
  refuseUnknown(delays, ['bottomUp', 'topDown'], '/delays', '/delays has');
  const bottomUp = whole(delays.bottomUp, '/delays/bottomUp', 0, LIMITS.delay);
  const topDown = whole(delays.topDown ?? SWEEP.topDown, '/delays/topDown', 0, LIMITS.delay);
  if (model.topDown && bottomUp + topDown === 0) {
    throw invalid(
      `${model.id} goes up and down without delay: an area would have to be known before it is computed.`,
      '/delays',
      'Give bottomUp or topDown at least 1 step.',
    );
  }
  return { bottomUp, topDown };
}

/** When what the first area made of the image has come up to IT. */
function firstStepOf(model: ZooModel, unrolling: Architecture['unrolling']): number {
  if (model.unrolling === 'own') return model.firstStep;
  if (typeof unrolling !== 'object') return 0;
  const { bottomUp } = unrolling;
  const delayAt = typeof bottomUp === 'number' ? () => bottomUp : bottomUp;
  return AREA_NAMES.slice(1).reduce((below) => {
    let t = below;
    while (t - delayAt(t) < below) t++;
    return t;
  }, 0);
}
