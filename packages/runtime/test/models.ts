import type { OnnxManifest } from '@corescore/contracts';
import { BOOL, type Dim, FLOAT, type Graph, INT64, type Node, type Value } from './onnx-writer.js';

/** Side of the test images and of the models' inputs. */
export const SIDE = 8;

export function image(batch: Dim = 'batch', type: number = FLOAT): Value {
  return { name: 'image', type, dims: [batch, 3, SIDE, SIDE] };
}

/** A manifest for images of 8 x 8 pixels at 8 degrees, unchanged on their way to the model. */
export function manifest(rest: Partial<OnnxManifest> = {}): OnnxManifest {
  return {
    manifestVersion: 1,
    name: 'test-model',
    kind: 'onnx',
    input: { name: 'image', layout: 'NCHW', size: [SIDE, SIDE], channels: 3, visualDegrees: 8 },
    regions: { IT: { output: 'it' } },
    ...rest,
  };
}

/** Mean over pixels, [batch][3]: the simplest region that depends on the image. */
export const meanNodes: Node[] = [
  { op: 'ReduceMean', in: ['image'], out: ['pooled'], with: { axes: { ints: [2, 3] } } },
  { op: 'Flatten', in: ['pooled'], out: ['mean'] },
];

/** Nodes behind `mean`, with the outputs given; float constants are scalars. */
export function graph(
  nodes: Node[],
  options: { outputs?: Value[]; scalars?: Record<string, number>; input?: Value; extra?: Value[] } = {},
): Graph {
  return {
    inputs: [options.input ?? image(), ...(options.extra ?? [])],
    outputs: options.outputs ?? [{ name: 'it', dims: ['batch', 3] }],
    nodes: [...meanNodes, ...nodes],
    constants: Object.entries(options.scalars ?? {}).map(([name, value]) => ({ name, dims: [], values: [value] })),
  };
}

/** IT = mean. */
export const plain = graph([{ op: 'Identity', in: ['mean'], out: ['it'] }]);

/** IT = sqrt(mean - 0.5): NaN for images darker than half. */
export const notFinite = graph(
  [
    { op: 'Sub', in: ['mean', 'half'], out: ['shifted'] },
    { op: 'Sqrt', in: ['shifted'], out: ['it'] },
  ],
  { scalars: { half: 0.5 } },
);

/** IT lists the places of the values above 0.5, so its length depends on the image. */
export const changingShape: Graph = {
  inputs: [image(1)],
  outputs: [{ name: 'it', dims: [1, 'found'] }],
  nodes: [
    { op: 'Reshape', in: ['image', 'flat'], out: ['values'] },
    { op: 'Greater', in: ['values', 'half'], out: ['above'] },
    { op: 'NonZero', in: ['above'], out: ['places'] },
    { op: 'Cast', in: ['places'], out: ['it'], with: { to: { int: FLOAT } } },
  ],
  constants: [
    { name: 'flat', dims: [1], values: [-1], type: INT64 },
    { name: 'half', dims: [], values: [0.5] },
  ],
};

/** A loop whose condition is always true. */
export const endless: Graph = {
  ...graph([
    {
      op: 'Loop',
      in: ['', 'go', 'mean'],
      out: ['it'],
      with: {
        body: {
          graph: {
            inputs: [
              { name: 'iteration', type: INT64, dims: [] },
              { name: 'go_in', type: BOOL, dims: [] },
              { name: 'value_in', dims: ['batch', 3] },
            ],
            outputs: [
              { name: 'go_out', type: BOOL, dims: [] },
              { name: 'value_out', dims: ['batch', 3] },
            ],
            nodes: [
              { op: 'Identity', in: ['go_in'], out: ['go_out'] },
              { op: 'Identity', in: ['value_in'], out: ['value_out'] },
            ],
          },
        },
      },
    },
    { op: 'Cast', in: ['one'], out: ['go'], with: { to: { int: BOOL } } },
  ]),
  constants: [{ name: 'one', dims: [], values: [1] }],
};
// The condition must be computed before the loop.
endless.nodes = [endless.nodes.at(-1)!, ...endless.nodes.slice(0, -1)];

/** Spreads one value over 2 Gi floats (8 GiB) and adds them up. */
export const memoryEater: Graph = {
  ...graph([
    { op: 'ReduceSum', in: ['mean'], out: ['sum'], with: { keepdims: { int: 0 } } },
    { op: 'Expand', in: ['sum', 'huge'], out: ['wide'] },
    { op: 'ReduceSum', in: ['wide'], out: ['total'], with: { keepdims: { int: 0 } } },
    { op: 'Add', in: ['mean', 'total'], out: ['it'] },
  ]),
  constants: [{ name: 'huge', dims: [1], values: [2 ** 31], type: INT64 }],
};

/** One step of a leaky sum: state = 0.5 * state + mean. */
export function leakySum(state: Dim[] = ['batch', 3]): Graph {
  return graph(
    [
      { op: 'Mul', in: ['state_in', 'leak'], out: ['kept'] },
      { op: 'Add', in: ['kept', 'mean'], out: ['state_out'] },
      { op: 'Identity', in: ['state_out'], out: ['it'] },
    ],
    {
      scalars: { leak: 0.5 },
      extra: [{ name: 'state_in', dims: state }],
      outputs: [
        { name: 'it', dims: ['batch', 3] },
        { name: 'state_out', dims: ['batch', 3] },
      ],
    },
  );
}

/** A state whose width neither the file nor shape inference tells. */
export const unsizedState = graph(
  [
    { op: 'Mul', in: ['state_in', 'leak'], out: ['state_out'] },
    { op: 'Identity', in: ['mean'], out: ['it'] },
  ],
  {
    scalars: { leak: 0.5 },
    extra: [{ name: 'state_in', dims: ['batch', 'width'] }],
    outputs: [
      { name: 'it', dims: ['batch', 3] },
      { name: 'state_out', dims: ['batch', 'width'] },
    ],
  },
);

/** Outputs it_t0 .. : constant zero before `from`, then mean, 2 mean, ... (or the same mean over and over). */
export function unrolled(steps: number, options: { from?: number; still?: boolean } = {}): Graph {
  const factors = Array.from({ length: steps }, (_, t) =>
    t < (options.from ?? 0) ? 0 : options.still ? 1 : t - (options.from ?? 0) + 1,
  );
  return graph(
    factors.map((_, t) => ({ op: 'Mul', in: ['mean', `factor_${t}`], out: [`it_t${t}`] })),
    {
      scalars: Object.fromEntries(factors.map((factor, t) => [`factor_${t}`, factor])),
      outputs: factors.map((_, t) => ({ name: `it_t${t}`, dims: ['batch', 3] })),
    },
  );
}

export const stepNames = (steps: number): string[] => Array.from({ length: steps }, (_, t) => `it_t${t}`);
