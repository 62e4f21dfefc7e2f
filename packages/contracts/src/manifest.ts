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

export const OnnxManifest = Type.Object(
  {
    ...about,
    kind: Type.Literal('onnx'),
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
  },
  closed,
);
export type OnnxManifest = Static<typeof OnnxManifest>;

export const ActivationsSource = Type.Object(
  {
    file: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}\\.npy$',
      description: 'name of an uploaded .npy file',
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
          pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$',
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

/** `corescore.json`, version 1. The kinds `tfjs` and `architecture` are named by the contract and not accepted yet. */
export type Manifest = OnnxManifest | ActivationsManifest;
