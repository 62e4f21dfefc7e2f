import { modelFailure } from '../failure.js';

/** One output split into steps: each float32 [batch][feature]. */
export interface StepRows {
  steps: Float32Array[];
  shape: number[];
}

/**
 * Splits one output into steps and checks its batch axis.
 * @param dims of the output; with `stepAxis` the batch axis is the first of the others.
 * @param batch images in the run.
 * @throws ModelFailure `array_shape` where the output has no batch or no step axis.
 */
export function splitSteps(
  data: Float32Array,
  dims: readonly number[],
  stepAxis: number | null,
  batch: number,
  about: { name: string; field: string },
): StepRows {
  if (stepAxis === null) {
    requireBatch(dims[0], dims, batch, about);
    return { steps: [data], shape: dims.slice(1) };
  }
  const count = dims[stepAxis];
  if (count === undefined || dims.length < 2) {
    throw modelFailure(
      'array_shape',
      `The output "${about.name}" has the shape [${dims.join(', ')}], so it has no axis ${stepAxis} to count steps.`,
      { field: `${about.field}/stepAxis`, remedy: 'Give the axis that counts steps, batch included, from 0.' },
    );
  }
  const rest = dims.filter((_, axis) => axis !== stepAxis);
  requireBatch(rest[0], dims, batch, about);
  const outer = product(dims.slice(0, stepAxis));
  const inner = product(dims.slice(stepAxis + 1));
  const steps = Array.from({ length: count }, (_, step) => {
    const out = new Float32Array(outer * inner);
    for (let o = 0; o < outer; o++) {
      const from = (o * count + step) * inner;
      out.set(data.subarray(from, from + inner), o * inner);
    }
    return out;
  });
  return { steps, shape: rest.slice(1) };
}

function requireBatch(
  found: number | undefined,
  dims: readonly number[],
  batch: number,
  about: { name: string; field: string },
): void {
  if (found === batch) return;
  throw modelFailure(
    'array_shape',
    `The output "${about.name}" has the shape [${dims.join(', ')}] for ${batch} image${batch === 1 ? '' : 's'}: no batch axis.`,
    { field: about.field, remedy: 'The first axis (behind the step axis, if any) must count the images of the batch.' },
  );
}

export function product(values: readonly number[]): number {
  return values.reduce((result, value) => result * value, 1);
}
