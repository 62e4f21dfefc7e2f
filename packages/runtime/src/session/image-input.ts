import { IMAGE_TYPES, type ImageType } from '@corescore/formats/capabilities';
import { modelFailure } from '../failure.js';
import { list, type Plan } from '../plan.js';
import type { Graph } from './graph.js';

export interface ImageInput {
  name: string;
  type: ImageType;
  /** Shape for a batch of this size. */
  dims(batch: number): number[];
  /** Batch size that the model insists on; null when it takes any. */
  fixedBatch: number | null;
  /** Name of its symbolic batch dimension, if it has one. */
  batchName: string | null;
}

/**
 * Checks that the model takes the images that the manifest describes.
 * @throws ModelFailure `input_not_found`, `input_shape`, `array_dtype`.
 */
export function imageInput(plan: Plan, { inputs, kind }: Pick<Graph<unknown>, 'inputs' | 'kind'>): ImageInput {
  const { name, layout, channels, size } = plan.input;
  const names = inputs.map((meta) => meta.name);
  const meta = inputs.find((candidate) => candidate.name === name);
  if (meta === undefined) {
    throw modelFailure('input_not_found', `The model has no input "${name}".`, {
      field: '/input/name',
      remedy: `Use one of its inputs: ${list(names)}.`,
    });
  }
  const known = new Set([name, ...plan.state.map((pair) => pair.input)]);
  const other = names.find((candidate) => !known.has(candidate));
  if (other !== undefined) {
    throw modelFailure('input_not_found', `The model has a further input "${other}" that the manifest does not name.`, {
      field: '/state',
      remedy: 'List it with its output under "state", or export the model without it.',
    });
  }
  const imageTypes = IMAGE_TYPES[kind];
  const type = imageTypes.find((known) => known === meta.type);
  if (type === undefined) {
    throw modelFailure(
      'array_dtype',
      `The input "${name}" takes ${meta.type}; images are handed over as ${imageTypes.join(', ')}.`,
      {
        field: '/input/name',
        remedy: 'Export the model with an image input of type float32.',
      },
    );
  }
  const image = layout === 'NCHW' ? [channels, size[0], size[1]] : [size[0], size[1], channels];
  const shape = meta.shape;
  // A model without a declared rank reports an empty shape: only running it can tell.
  if (shape.length > 0) {
    const fits =
      shape.length === 4 && image.every((dim, i) => typeof shape[i + 1] !== 'number' || shape[i + 1] === dim);
    if (!fits) {
      throw modelFailure(
        'input_shape',
        `The input "${name}" takes [${shape.map((dim) => dim ?? '?').join(', ')}]; the manifest describes images of [batch, ${image.join(', ')}] (${layout}).`,
        { field: '/input', remedy: 'Make layout, size and channels of the manifest those of the model.' },
      );
    }
  }
  const first = shape[0];
  return {
    name,
    type,
    dims: (batch) => [batch, ...image],
    fixedBatch: typeof first === 'number' ? first : null,
    batchName: typeof first === 'string' && first !== '' ? first : null,
  };
}
