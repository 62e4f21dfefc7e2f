import { formatBytes } from '@corescore/contracts';
import type { NetworkFacts } from '@corescore/formats';
import { MEMORY_REMEDY, type ModelFailure, modelFailure } from './failure.js';
import type { Limits } from './limits.js';
import type { Plan, Recording } from './plan.js';

/**
 * Refuses what cannot end well before anything runs: weights over the memory limit, recordings over their limit. Knows
 * only what the files tell: a tensor whose shape is not known counts as nothing here, and is measured when it comes.
 * @throws ModelFailure `model_out_of_memory`, `activations_too_large`
 */
export function preflight(
  plan: Plan,
  facts: Pick<NetworkFacts, 'parameterBytes' | 'valuesPerImage'>,
  limits: Pick<Limits, 'memoryBytes' | 'maxActivationBytes'>,
  images: number,
): void {
  if (facts.parameterBytes > limits.memoryBytes) {
    throw modelFailure(
      'model_out_of_memory',
      `The weights alone take ${formatBytes(facts.parameterBytes)}, and the model may have ${formatBytes(limits.memoryBytes)} of memory.`,
      { field: 'model', remedy: MEMORY_REMEDY },
    );
  }
  const arrays = plan.recordings.map((recording) => {
    const values = recording.outputs.reduce((sum, name) => sum + (facts.valuesPerImage.get(name) ?? 0), 0);
    return { recording, bytes: 4 * values * plan.steps * images };
  });
  const total = arrays.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= limits.maxActivationBytes) return;
  const { recording, bytes } = arrays.reduce((most, array) => (array.bytes > most.bytes ? array : most));
  throw activationsTooLarge(recording, { bytes, total, images, limit: limits.maxActivationBytes });
}

/**
 * @param size.bytes of the array that is named, as float32
 * @param size.total of all arrays counted so far
 */
export function activationsTooLarge(
  { name, field }: Pick<Recording, 'name' | 'field'>,
  { bytes, total, images, limit }: { bytes: number; total: number; images: number; limit: number },
): ModelFailure {
  const together = total === bytes ? '' : `, ${formatBytes(total)} with the other recordings`;
  return modelFailure(
    'activations_too_large',
    `${name} has ${formatBytes(bytes)} over ${images.toLocaleString('en')} images${together}; all recordings together may take ${formatBytes(limit)}.`,
    {
      field,
      remedy:
        'Tap a pooled layer, record fewer regions or steps, or let the operator raise CORESCORE_MAX_ACTIVATION_BYTES.',
    },
  );
}
