import {
  ActivationsManifest,
  type Clock,
  CorescoreError,
  type Manifest,
  type NetworkManifest,
  OnnxManifest,
  REGIONS,
  type Source,
  TfjsManifest,
  unfitIn,
} from '@corescore/contracts';
import type Type from 'typebox';
import { salvage } from './salvage.js';
import { invalid, schemaErrors } from './schema-errors.js';

const SCHEMAS: Record<string, Type.TObject> = {
  onnx: OnnxManifest,
  tfjs: TfjsManifest,
  activations: ActivationsManifest,
};
const KINDS = Object.keys(SCHEMAS);
/** Named by the contract, not accepted yet. */
const LATER_KINDS = ['architecture'];

const CLOCK_REMEDY =
  'Add "clock": { "onsetMs": start of the first scored step, "stepMs": length of a step }, or { "windowsMs": [[start, end], ...] }, in milliseconds after image onset.';

/**
 * A `corescore.json`, version 1, checked: fields and values, then what the fields say together.
 * @param given the parsed JSON, or its text (a UTF-8 byte order mark in front is taken off)
 * @throws CorescoreError `manifest_not_json`, `invalid_manifest` (field: JSON pointer), `kind_not_supported`,
 * `clock_missing`: the first that `inspectManifest` finds
 */
export function parseManifest(given: unknown): Manifest {
  const value = typeof given === 'string' ? parseText(given) : given;
  const [first] = inspectManifest(value).errors;
  if (first !== undefined) throw first;
  return value as Manifest;
}

/** A manifest that is looked at whole, whatever is wrong with it. */
export interface InspectedManifest {
  /** Everything that is wrong; empty where `parseManifest` takes it. */
  errors: CorescoreError[];
  /** The manifest without what is wrong, which can be checked further; null where too little is left. */
  usable: Manifest | null;
}

/**
 * @param value parsed JSON
 * @param kind what is meant where the manifest does not say it, as the name of the model's file tells
 */
export function inspectManifest(value: unknown, kind?: Manifest['kind']): InspectedManifest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const remedy = 'Send { "manifestVersion": 1, "kind": ..., ... }.';
    return { errors: [invalid('The manifest is not a JSON object.', '', { remedy })], usable: null };
  }
  // Before anything is said of a member: what cannot be kept cannot be quoted either.
  const unfit = unfitIn(value);
  if (unfit !== null) {
    const error = invalid(`${unfit.pointer || 'The manifest'} ${unfit.what}.`, unfit.pointer, { remedy: unfit.remedy });
    return { errors: [error], usable: null };
  }
  const errors = [...headErrors(value as Record<string, unknown>)];
  const stated = (value as { kind?: unknown }).kind;
  const meant = typeof stated === 'string' && KINDS.includes(stated) ? (stated as Manifest['kind']) : kind;
  if (meant === undefined || (typeof stated === 'string' && LATER_KINDS.includes(stated)))
    return { errors, usable: null };
  const schema = SCHEMAS[meant]!;
  const whole = { ...value, kind: meant };
  const said = errors.map(({ field }) => field);
  errors.push(...schemaErrors(schema, whole).filter(({ field }) => !said.includes(field)));
  const usable = (salvage(schema as never, whole) ?? null) as Manifest | null;
  if (usable === null) return { errors, usable };
  // What the fields say together means nothing where one of them is wrong.
  const together = usable.kind === 'activations' ? arraysErrors(usable) : networkErrors(usable);
  const wrong = errors.flatMap(({ field }) => field ?? []);
  errors.push(...[...together].filter(({ field = '' }) => !wrong.some((other) => isWithin(field, other))));
  return { errors, usable };
}

/** Whether one JSON pointer leads into what the other one names. */
export const isWithin = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);

function* headErrors({ kind, manifestVersion }: Record<string, unknown>): Generator<CorescoreError> {
  if (typeof kind === 'string' && LATER_KINDS.includes(kind)) {
    yield new CorescoreError('kind_not_supported', `Manifests of the kind "${kind}" are not accepted yet.`, {
      field: '/kind',
      remedy: 'Send a trained model ("kind": "onnx" or "tfjs"), or its activations ("kind": "activations").',
    });
  } else if (typeof kind !== 'string' || !KINDS.includes(kind)) {
    const what = kind === undefined ? 'The manifest lacks "kind".' : `/kind is ${JSON.stringify(kind)}.`;
    yield invalid(what, '/kind', { remedy: `Give one of ${KINDS.map((k) => `"${k}"`).join(', ')}.` });
  }
  if (typeof manifestVersion === 'number' && manifestVersion !== 1) {
    yield invalid(`/manifestVersion is ${manifestVersion}.`, '/manifestVersion', {
      remedy: 'Give 1, the only version.',
    });
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new CorescoreError('manifest_not_json', `The manifest is not JSON: ${(error as Error).message}.`, {
      field: 'manifest',
      remedy: 'Send a corescore.json that a JSON parser accepts.',
      cause: error,
    });
  }
}

/** Whether the manifest places its steps in time, so that object solution times can be asked for. */
export function isTemporal(manifest: Manifest): boolean {
  return manifest.clock !== undefined;
}

/** Steps that a source declares by itself: the length of its list; null where only running the model tells. */
export function declaredSteps(source: Source | NonNullable<NetworkManifest['readout']>): number | null {
  if ('outputs' in source) return source.outputs.length;
  return source.stepAxis === undefined ? 1 : null;
}

function* networkErrors(manifest: NetworkManifest): Generator<CorescoreError> {
  yield* inputErrors(manifest);
  yield* stateErrors(manifest);
  if (manifest.clock !== undefined) yield* clockErrors(manifest.clock);
  const sources = [
    ...REGIONS.map((r) => [`/regions/${r}`, manifest.regions[r]] as const),
    ['/readout', manifest.readout] as const,
  ];
  const looped = manifest.steps;
  for (const [pointer, source] of sources) {
    if (source === undefined) continue;
    if (looped !== undefined && declaredSteps(source) !== 1) {
      yield invalid(`${pointer} names several steps, and "state" makes the host loop ${looped} of them.`, pointer, {
        remedy: 'With "state", name the one output that a step makes ("output", no "stepAxis"); or remove "state".',
      });
      continue;
    }
    const steps = looped ?? declaredSteps(source);
    if (steps !== 1 && manifest.clock === undefined) yield clockMissing(pointer, steps);
    if (steps !== null && manifest.clock !== undefined) {
      // A clock with one-step sources beside temporal ones is fine (a V1 without time); IT is what the clock is for.
      if (steps > 1 || pointer === '/regions/IT') yield* coverageErrors(manifest.clock, steps, pointer);
    }
  }
}

function* inputErrors({ input }: NetworkManifest): Generator<CorescoreError> {
  for (const name of ['mean', 'std'] as const) {
    const values = input[name];
    if (values === undefined || values.length === 1 || values.length === input.channels) continue;
    yield invalid(`/input/${name} has ${values.length} values for ${input.channels} channels.`, `/input/${name}`, {
      remedy: `Give one value a channel (${input.channels}), in the model's channel order, or one for all.`,
    });
  }
}

function* stateErrors(manifest: NetworkManifest): Generator<CorescoreError> {
  if (manifest.state !== undefined && manifest.steps === undefined) {
    yield invalid('The manifest has "state" and lacks "steps".', '/steps', {
      remedy: 'Add "steps": how often the host runs the model for one image.',
    });
  }
  if (manifest.steps !== undefined && manifest.state === undefined) {
    yield invalid('The manifest has "steps" and lacks "state".', '/state', {
      remedy:
        'Add "state": [{ "input": ..., "output": ... }], what the host carries from step to step; or remove "steps".',
    });
  }
  const inputs = (manifest.state ?? []).map((s) => s.input);
  const twice = inputs.findIndex((name, i) => inputs.indexOf(name) !== i);
  if (twice >= 0) {
    yield invalid(`The state input "${inputs[twice]}" is named twice.`, `/state/${twice}/input`, {
      remedy: 'Name each state input once.',
    });
  }
}

function* arraysErrors(manifest: ActivationsManifest): Generator<CorescoreError> {
  if (manifest.clock !== undefined) return yield* clockErrors(manifest.clock);
  for (const region of REGIONS) {
    // Widened: each of the three allowed orders is its own tuple type.
    const axes: readonly string[] = manifest.regions[region]?.axes ?? [];
    if (axes.includes('step')) yield clockMissing(`/regions/${region}`, null);
  }
}

function clockMissing(pointer: string, steps: number | null): CorescoreError {
  const count = steps === null ? 'a step axis' : `${steps} steps`;
  return new CorescoreError('clock_missing', `${pointer} has ${count}, and the manifest does not say when they are.`, {
    field: '/clock',
    remedy: CLOCK_REMEDY,
  });
}

function* clockErrors(clock: Clock): Generator<CorescoreError> {
  if (!('windowsMs' in clock)) return;
  for (const [i, [start, end]] of clock.windowsMs.entries()) {
    if (end <= start) {
      yield invalid(`/clock/windowsMs/${i} is [${start}, ${end}], which has no length.`, `/clock/windowsMs/${i}`, {
        remedy: 'Give [start, end) in milliseconds with end above start.',
      });
    }
    const before = clock.windowsMs[i - 1];
    if (before !== undefined && start < before[0]) {
      yield invalid(
        `/clock/windowsMs/${i} starts at ${start} ms, before the one in front of it (${before[0]} ms).`,
        `/clock/windowsMs/${i}`,
        { remedy: 'Give the windows in order of time, one a step.' },
      );
    }
  }
}

/** A clock must leave steps to score, and explicit windows must be one a scored step: `invalid_manifest`. */
export function* coverageErrors(clock: Clock, steps: number, pointer: string): Generator<CorescoreError> {
  const firstStep = clock.firstStep ?? 0;
  if (firstStep >= steps) {
    return yield invalid(`/clock/firstStep is ${firstStep}, and ${pointer} has ${steps} steps.`, '/clock/firstStep', {
      remedy: 'Steps count from 0; leave at least one step to score.',
    });
  }
  if ('windowsMs' in clock && clock.windowsMs.length !== steps - firstStep) {
    yield invalid(
      `/clock/windowsMs has ${clock.windowsMs.length} windows, and ${pointer} has ${steps - firstStep} steps from firstStep on.`,
      '/clock/windowsMs',
      { remedy: 'Give one window a step, counted from firstStep.' },
    );
  }
}
