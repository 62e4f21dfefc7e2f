import type * as ort from 'onnxruntime-node';
import { modelFailure } from '../failure.js';
import type { Plan } from '../plan.js';

export interface StateInput {
  input: string;
  output: string;
  field: string;
  type: string;
  /** Shape before the first step, for a batch of this size. */
  dims(batch: number): number[];
}

type Metadata = ort.InferenceSession.ValueMetadata;

/**
 * Shapes of the state before the first step. A symbolic dimension is the batch when it has the name of the image's
 * batch dimension, or stands first; any other is taken from the declared shape of the paired output.
 * @throws ModelFailure `input_not_found`, `input_shape`.
 */
export function stateInputs(
  plan: Plan,
  inputs: readonly Metadata[],
  outputs: readonly Metadata[],
  batchName: string | null,
): StateInput[] {
  return plan.state.map((pair, i) => {
    const field = `/state/${i}/input`;
    const input = inputs.find((meta) => meta.name === pair.input);
    if (input === undefined || !input.isTensor) {
      throw modelFailure('input_not_found', `The model has no state input "${pair.input}".`, {
        field,
        remedy: `Its inputs are ${inputs.map((meta) => meta.name).join(', ')}.`,
      });
    }
    const output = outputs.find((meta) => meta.name === pair.output);
    const declared = output?.isTensor ? output.shape : [];
    const hasBatchName = batchName !== null && input.shape.includes(batchName);
    const dims = input.shape.map((dim, axis): number | null => {
      if (typeof dim === 'number') return dim;
      if (hasBatchName ? dim === batchName : axis === 0) return null;
      const known = declared[axis];
      if (typeof known === 'number') return known;
      throw modelFailure(
        'input_shape',
        `The state input "${pair.input}" has the shape [${input.shape.join(', ')}]; the size of "${dim}" (axis ${axis}) is not known, so no zeros can be made for the first step.`,
        { field, remedy: 'Export the state with fixed sizes; only the batch dimension may stay symbolic.' },
      );
    });
    return {
      input: pair.input,
      output: pair.output,
      field,
      type: input.type,
      dims: (batch) => dims.map((dim) => dim ?? batch),
    };
  });
}
