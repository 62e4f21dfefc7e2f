import { CorescoreError } from '@corescore/contracts';

/**
 * What a graph may have. Trained networks of today stay an order of magnitude below: CORnet-S unrolled over 18 steps has
 * about 2,000 nodes, and the longest names that exporters write have some hundred characters.
 */
export const GRAPH_LIMITS = {
  nodes: 50_000,
  initializers: 50_000,
  inputs: 1_000,
  outputs: 5_000,
  /** Subgraphs of If, Loop and Scan, one inside the other. */
  depth: 8,
  /** Nodes once all local functions are written out where they are called. */
  inlinedNodes: 500_000,
  nameBytes: 1_000,
  /** All names together. */
  namesBytes: 16 * 1024 ** 2,
  /** Fields of all protobuf messages together: bounds the time and memory of reading. */
  fields: 1_000_000,
  /** The file without the values of its tensors. */
  structureBytes: 128 * 1024 ** 2,
  /** One tensor that the graph itself declares. */
  tensorBytes: 16 * 1024 ** 3,
} as const;

/** Format and operator sets that onnxruntime-node 1.30 loads, tried version by version. */
export const SUPPORTED = {
  irVersion: 13,
  opsets: { '': [7, 26], 'ai.onnx.ml': [1, 5], 'com.microsoft': [1, 1] } as Record<
    string,
    [first: number, last: number]
  >,
} as const;

const count = (n: number): string => n.toLocaleString('en');

/** A graph over one of its limits. */
export function tooComplex(what: string): CorescoreError {
  return new CorescoreError('model_too_complex', `The ONNX graph ${what}.`, {
    field: 'model',
    remedy: 'Export only what an image goes through, simplified (onnxsim, torch.onnx.export in eval mode).',
  });
}

/** @throws CorescoreError `model_too_complex` */
export function requireAtMost(what: 'nodes' | 'initializers' | 'inputs' | 'outputs', found: number): void {
  if (found > GRAPH_LIMITS[what]) throw tooComplex(`has over ${count(GRAPH_LIMITS[what])} ${what}`);
}

/** A file written for a newer, or much older, ONNX. */
export function opsetNotSupported(detail: string): CorescoreError {
  const [first, last] = SUPPORTED.opsets['']!;
  return new CorescoreError('opset_not_supported', detail, {
    field: 'model',
    remedy: `Export with opset_version between ${first} and ${last} (17 suits most), or convert with onnx.version_converter.`,
  });
}
