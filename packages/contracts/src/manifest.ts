import Type, { type Static } from 'typebox';
import { Slug } from './ids.js';

const Numbers3 = Type.Array(Type.Number(), { minItems: 1, maxItems: 3 });
const closed = { additionalProperties: false } as const;
const OutputName = Type.String({ minLength: 1, maxLength: 512 });

export const ManifestInput = Type.Object(
  {
    name: OutputName,
    layout: Type.Enum(['NCHW', 'NHWC']),
    size: Type.Tuple([Type.Integer({ minimum: 1, maximum: 4096 }), Type.Integer({ minimum: 1, maximum: 4096 })], {
      description: '[height, width] in pixels',
    }),
    channels: Type.Enum([1, 3]),
    channelOrder: Type.Optional(Type.Enum(['rgb', 'bgr'])),
    range: Type.Optional(
      Type.Union([
        Type.Tuple([Type.Literal(0), Type.Literal(1)]),
        Type.Tuple([Type.Literal(0), Type.Literal(255)]),
        Type.Tuple([Type.Literal(-1), Type.Literal(1)]),
      ]),
    ),
    mean: Type.Optional(Numbers3),
    std: Type.Optional(Type.Array(Type.Number({ exclusiveMinimum: 0 }), { minItems: 1, maxItems: 3 })),
    resize: Type.Optional(Type.Enum(['bilinear', 'bicubic'])),
    visualDegrees: Type.Number({ exclusiveMinimum: 0, maximum: 180 }),
  },
  closed,
);
export type ManifestInput = Static<typeof ManifestInput>;

/** The milliseconds a model's steps stand for (METRICS 6). `onsetMs` is the start of `firstStep`. */
export const Clock = Type.Union([
  Type.Object(
    {
      onsetMs: Type.Number(),
      stepMs: Type.Number({ exclusiveMinimum: 0 }),
      firstStep: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    closed,
  ),
  Type.Object(
    {
      windowsMs: Type.Array(Type.Tuple([Type.Number(), Type.Number()]), { minItems: 1, maxItems: 1000 }),
      firstStep: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    closed,
  ),
]);
export type Clock = Static<typeof Clock>;

/** Where a region's activations come from: one output a step, a step axis, or one output. */
export const Source = Type.Union([
  Type.Object({ outputs: Type.Array(OutputName, { minItems: 1, maxItems: 1000 }) }, closed),
  Type.Object(
    {
      output: OutputName,
      stepAxis: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
      cumulative: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
]);
export type Source = Static<typeof Source>;

const Readout = Type.Union([
  Type.Object(
    {
      outputs: Type.Array(OutputName, { minItems: 1, maxItems: 1000 }),
      labels: Type.Array(Type.String(), { minItems: 2 }),
    },
    closed,
  ),
  Type.Object(
    {
      output: OutputName,
      stepAxis: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
      labels: Type.Array(Type.String(), { minItems: 2 }),
    },
    closed,
  ),
]);

export const REGIONS = ['V1', 'V2', 'V4', 'IT'] as const;
export type Region = (typeof REGIONS)[number];

const about = {
  manifestVersion: Type.Literal(1),
  name: Slug,
  description: Type.Optional(Type.String({ maxLength: 4000 })),
  reference: Type.Optional(Type.String({ maxLength: 1000 })),
  licence: Type.Optional(Type.String({ maxLength: 200 })),
  family: Type.Optional(Type.String({ maxLength: 200 })),
};

const FILE = '[A-Za-z0-9][A-Za-z0-9._-]{0,127}';
/** What may be the name of a file of a version: never a path. */
export const FILE_NAME = new RegExp(`^${FILE}$`);
const LONGEST_FILE_NAME = 128;
export const FILE_NAME_RULE = `Use letters, digits, ".", "_" and "-", beginning with a letter or digit, ${LONGEST_FILE_NAME} at most.`;

/** Why a name may not be the name of a file of a version, as the end of a sentence; null where it may. */
export function fileNameFault(name: string): string | null {
  if (FILE_NAME.test(name)) return null;
  if (name === '') return 'is empty';
  if (/[/\\]/.test(name) || name === '..') return 'is a path, not the name of a file';
  const strange = /[^A-Za-z0-9._-]/u.exec(name)?.[0];
  if (strange === ' ') return 'has a space in it';
  if (strange !== undefined) return `has ${JSON.stringify(strange)} in it`;
  return name.length > LONGEST_FILE_NAME
    ? `is longer than ${LONGEST_FILE_NAME} characters`
    : `begins with "${name[0]}"`;
}

/** The submitter's own activations for a few images: `probe.npz` beside the model, checked before anything is scored. */
export const Probe = Type.Object(
  {
    images: Type.Integer({ minimum: 1, maximum: 256 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'of probe.npz' }),
    tolerance: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'relative to the largest |activation|; 0.001' }),
    ),
  },
  closed,
);
export type Probe = Static<typeof Probe>;

/** What every model that is run here says of itself, whatever its engine. */
const network = {
  ...about,
  input: ManifestInput,
  clock: Type.Optional(Clock),
  regions: Type.Object(
    { V1: Type.Optional(Source), V2: Type.Optional(Source), V4: Type.Optional(Source), IT: Source },
    closed,
  ),
  readout: Type.Optional(Readout),
  state: Type.Optional(
    Type.Array(Type.Object({ input: OutputName, output: OutputName }, closed), { minItems: 1, maxItems: 64 }),
  ),
  steps: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  probe: Type.Optional(Probe),
};

export const OnnxManifest = Type.Object({ ...network, kind: Type.Literal('onnx') }, closed);
export type OnnxManifest = Static<typeof OnnxManifest>;

/** A layers or graph model of TensorFlow.js. */
export const TfjsManifest = Type.Object({ ...network, kind: Type.Literal('tfjs') }, closed);
export type TfjsManifest = Static<typeof TfjsManifest>;

/** A model that is run here. */
export type NetworkManifest = OnnxManifest | TfjsManifest;

export const ActivationsSource = Type.Object(
  {
    file: Type.String({
      pattern: `^${FILE}(\\.npy|\\.npz#[^#/\\\\]{1,128})$`,
      description: 'name of an uploaded .npy file, or of an array in an uploaded .npz: "all.npz#it"',
    }),
    axes: Type.Union([
      Type.Tuple([Type.Literal('step'), Type.Literal('stimulus'), Type.Literal('feature')]),
      Type.Tuple([Type.Literal('stimulus'), Type.Literal('step'), Type.Literal('feature')]),
      Type.Tuple([Type.Literal('stimulus'), Type.Literal('feature')]),
    ]),
  },
  closed,
);
export type ActivationsSource = Static<typeof ActivationsSource>;

export const ActivationsManifest = Type.Object(
  {
    ...about,
    kind: Type.Literal('activations'),
    clock: Type.Optional(Clock),
    stimuli: Type.Object(
      {
        set: Type.String({ minLength: 1, description: 'digest or identifier of the stimulus set' }),
        ids: Type.String({
          pattern: `^${FILE}$`,
          description: 'name of an uploaded text file, one stimulus id a line',
        }),
      },
      closed,
    ),
    regions: Type.Object(
      {
        V1: Type.Optional(ActivationsSource),
        V2: Type.Optional(ActivationsSource),
        V4: Type.Optional(ActivationsSource),
        IT: ActivationsSource,
      },
      closed,
    ),
  },
  closed,
);
export type ActivationsManifest = Static<typeof ActivationsManifest>;

/** `corescore.json`, version 1. The kind `architecture` is named by the contract and not accepted yet. */
export type Manifest = NetworkManifest | ActivationsManifest;

/** Name within its version of the file that a network is loaded from; beside it lie weights and the probe. */
export const MODEL_FILE = { onnx: 'model.onnx', tfjs: 'model.json' } as const;
export const PROBE_FILE = 'probe.npz';

/** Where the files of a model version lie on this machine: name within the version -> path. */
export type ModelFiles = Readonly<Record<string, string>>;

export function isNetwork(manifest: Manifest): manifest is NetworkManifest {
  return manifest.kind !== 'activations';
}
