import { CorescoreError, type NetworkManifest, type OnnxManifest, REGIONS, type Source } from '@corescore/contracts';
import type { ModelCost, OnnxGraph } from '@corescore/onnx';
import { coverageErrors } from '../manifest/parse.js';

export type Dims = readonly (number | string | null)[];

/** Shape of a tensor, batch included, as far as file and inference tell; undefined where they don't. */
export function dimsOf(graph: OnnxGraph, cost: ModelCost, name: string): Dims | undefined {
  const output = graph.outputs.find((one) => one.name === name);
  if (output?.shapeKnown === true) return output.shape;
  // A Squeeze without axes also drops a batch of 1, with which shapes are inferred.
  return graph.operators['Squeeze'] === undefined ? cost.shapes.get(name) : undefined;
}

/** Steps that the step axis of a source has; null where that is not known. */
export function stepsOf(
  graph: OnnxGraph,
  cost: ModelCost,
  source: Source | NonNullable<NetworkManifest['readout']>,
): number | null {
  if ('outputs' in source || source.stepAxis === undefined) return null;
  const steps = dimsOf(graph, cost, source.output)?.[source.stepAxis];
  return typeof steps === 'number' ? steps : null;
}

/**
 * What the shapes of the graph contradict in the manifest: a step axis that is not there, steps that the clock does not
 * fit, steps with other features, labels that are not as many as the values of the readout. Running would find the same.
 */
export function* recordedErrors(manifest: OnnxManifest, graph: OnnxGraph, cost: ModelCost): Generator<CorescoreError> {
  const sources = [
    ...REGIONS.map((region) => [`/regions/${region}`, manifest.regions[region]] as const),
    ['/readout', manifest.readout] as const,
  ];
  for (const [field, source] of sources) {
    if (source === undefined) continue;
    yield* axisErrors(manifest, graph, cost, field, source);
    if ('outputs' in source) yield* featureErrors(cost, field, source.outputs);
  }
  if (manifest.readout !== undefined) yield* labelErrors(manifest.readout, graph, cost);
}

function* axisErrors(
  { clock }: OnnxManifest,
  graph: OnnxGraph,
  cost: ModelCost,
  field: string,
  source: Source | NonNullable<NetworkManifest['readout']>,
): Generator<CorescoreError> {
  if ('outputs' in source || source.stepAxis === undefined) return;
  const { output, stepAxis } = source;
  const dims = dimsOf(graph, cost, output);
  if (dims !== undefined && stepAxis >= dims.length) {
    yield new CorescoreError(
      'array_shape',
      `"${output}" has the shape [${dims.map((dim) => dim ?? '?').join(', ')}], so it has no axis ${stepAxis} to count steps.`,
      { field: `${field}/stepAxis`, remedy: 'Give the axis that counts steps, batch included, from 0.' },
    );
    return;
  }
  const steps = stepsOf(graph, cost, source);
  if (steps === null || clock === undefined || (steps === 1 && field !== '/regions/IT')) return;
  yield* coverageErrors(clock, steps, field);
}

function* featureErrors(
  { valuesPerImage }: ModelCost,
  field: string,
  outputs: readonly string[],
): Generator<CorescoreError> {
  const first = valuesPerImage.get(outputs[0]!);
  const other = outputs.findIndex((name) => (valuesPerImage.get(name) ?? first) !== first);
  if (first === undefined || other < 0) return;
  yield new CorescoreError(
    'array_shape',
    `"${outputs[0]}" has ${first} features an image, and "${outputs[other]}" has ${valuesPerImage.get(outputs[other]!)}.`,
    { field: `${field}/outputs/${other}`, remedy: 'Every step of a region must have the same features.' },
  );
}

function* labelErrors(
  readout: NonNullable<NetworkManifest['readout']>,
  graph: OnnxGraph,
  cost: ModelCost,
): Generator<CorescoreError> {
  const { labels } = readout;
  const isSteps = !('outputs' in readout) && readout.stepAxis !== undefined;
  const steps = isSteps ? stepsOf(graph, cost, readout) : 1;
  const values = cost.valuesPerImage.get('outputs' in readout ? readout.outputs[0]! : readout.output);
  if (values === undefined || steps === null || steps === 0 || values / steps === labels.length) return;
  yield new CorescoreError(
    'array_shape',
    `The readout has ${values / steps} values an image, the manifest lists ${labels.length} labels.`,
    { field: '/readout/labels', remedy: 'List one label for each value of the readout, in its order.' },
  );
}
