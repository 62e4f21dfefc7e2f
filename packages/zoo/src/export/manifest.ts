import type { Clock, OnnxManifest, Source } from '@corescore/contracts';
import { AREA_NAMES } from '../models/model.js';
import type { Network } from '../network/network.js';
import { IMAGE_INPUT, stepNames } from './onnx.js';

/** Milliseconds after the image's onset at which IT's first step that depends on it begins, and how long a step is. */
const ONSET_MS = 70;
const STEP_MS = 20;
/** Degrees of the visual field that the images of the built-in sets stand for. */
const VISUAL_DEGREES = 8;

/** What a manifest says beside the network itself. */
export interface AboutModel {
  /** Name on the board. */
  name: string;
  description?: string;
  licence?: string;
  /** Names of the classes, in the order of the logits. */
  labels?: readonly string[];
}

/**
 * `corescore.json` for the file of `encodeNetwork`. A recurrent network has 20 ms a step from 70 ms on, so that nine
 * steps cover 70 to 250 ms; one without recurrence has no clock, and its one step is held.
 */
export function networkManifest(network: Network, about: AboutModel): OnnxManifest {
  const { imageSide, model, unrolling } = network.architecture;
  const { name, description = model.description, licence, labels } = about;
  const clock: Clock = { onsetMs: ONSET_MS, stepMs: STEP_MS, firstStep: network.firstStep };
  return {
    manifestVersion: 1,
    name,
    kind: 'onnx',
    description,
    reference: model.reference,
    ...(licence === undefined ? {} : { licence }),
    family: model.id,
    input: {
      name: IMAGE_INPUT,
      layout: 'NCHW',
      size: [imageSide, imageSide],
      channels: 3,
      channelOrder: 'rgb',
      range: [0, 1],
      visualDegrees: VISUAL_DEGREES,
    },
    ...(unrolling === 'once' ? {} : { clock }),
    regions: Object.fromEntries(AREA_NAMES.map((area) => [area, source(area, network.areaSteps[area]!)])) as {
      IT: Source;
    },
    ...(labels === undefined ? {} : { readout: { ...source('logits', network.steps), labels: [...labels] } }),
  };
}

function source(name: string, steps: number): Source {
  const names = stepNames(name, steps);
  return names.length === 1 ? { output: names[0]! } : { outputs: names };
}
