import { STATE_TYPES, type StateType } from '@corescore/formats/capabilities';
import { modelFailure } from '../failure.js';
import type { Plan } from '../plan.js';
import type { Graph } from './graph.js';

export interface StateInput {
  input: string;
  output: string;
  field: string;
  type: StateType;
  /** Shape before the first step, for a batch of this size. */
  dims(batch: number): number[];
}

/**
 * Shapes of the state before the first step. A symbolic dimension is the batch when it has the name of the image's
 * batch dimension, or stands first; any other is taken from the declared shape of the paired output.
 * @throws ModelFailure `input_not_found`, `input_shape`, `array_dtype`.
 */
export function stateInputs(
  plan: Plan,
  { inputs, outputs, kind }: Pick<Graph<unknown>, 'inputs' | 'outputs' | 'kind'>,
  batchName: string | null,
): StateInput[] {
  return plan.state.map((pair, i) => {
    const field = `/state/${i}/input`;
    const input = inputs.find((meta) => meta.name === pair.input);
    if (input === undefined) {
      throw modelFailure('input_not_found', `The model has no state input "${pair.input}".`, {
        field,
        remedy: `Its inputs are ${inputs.map((meta) => meta.name).join(', ')}.`,
      });
    }
    const output = outputs.find((meta) => meta.name === pair.output);
    const carried = STATE_TYPES[kind];
    const type = carried.find((known) => known === input.type);
    if (type === undefined) {
      throw modelFailure('array_dtype', `A state of type ${input.type} cannot be carried.`, {
        field,
        remedy: `Carry state as ${carried.join(', ')}.`,
      });
    }
    const declared = output?.shape ?? [];
    const hasBatchName = batchName !== null && input.shape.includes(batchName);
    const dims = input.shape.map((dim, axis): number | null => {
      if (typeof dim === 'number') return dim;
      if (hasBatchName ? dim === batchName : axis === 0) return null;
      const known = declared[axis];
      if (typeof known === 'number') return known;
      throw modelFailure(
        'input_shape',
        `The state input "${pair.input}" has the shape [${input.shape.map((d) => d ?? '?').join(', ')}]; the size of "${dim ?? '?'}" (axis ${axis}) is not known, so no zeros can be made for the first step.`,
        { field, remedy: 'Export the state with fixed sizes; only the batch dimension may stay symbolic.' },
      );
    });
    return {
      input: pair.input,
      output: pair.output,
      field,
      type,
      dims: (batch) => dims.map((dim) => dim ?? batch),
    };
  });
}
