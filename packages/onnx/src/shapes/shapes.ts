import { Pace } from '../pace.js';
import { Attributes, MOST_DIMS, smallValues } from '../reader/attributes.js';
import type { ProtoFile } from '../reader/cursor.js';
import type { ModelRecord, NodeRecord } from '../reader/records.js';
import type { NodeContext, Shape } from './node-context.js';
import { SHAPE_RULES } from './shape-rules.js';
import { VALUE_RULES } from './value-rules.js';

/**
 * Shapes of the tensors of the main graph, as far as a light inference gets: the operators of convolutional networks and
 * transformers, and the arithmetic of shapes that exporters write between them. A tensor behind any other operator is
 * missing in the result; nothing is guessed.
 *
 * @param given shapes of the graph's inputs
 */
export async function inferShapes(
  file: ProtoFile,
  model: ModelRecord,
  given: ReadonlyMap<string, Shape>,
): Promise<Map<string, Shape>> {
  const pace = new Pace();
  const shapes = new Map(given);
  const values = new Map<string, readonly number[]>();
  for (const tensor of model.graph.initializers) {
    if (pace.due()) await pace.rest();
    shapes.set(tensor.name, tensor.dims);
    const small = smallValues(file, tensor);
    if (small !== undefined) values.set(tensor.name, small);
  }
  for (const node of model.graph.nodes) {
    if (pace.due()) await pace.rest();
    if (node.domain !== '' && node.domain !== 'ai.onnx') continue;
    const context = contextOf(file, node, shapes, values);
    const found = SHAPE_RULES[node.opType]?.(context) ?? [];
    for (const [i, name] of node.outputs.entries()) {
      const shape = found[i];
      if (name !== '' && shape !== undefined && isShape(shape)) shapes.set(name, shape);
    }
    const small = VALUE_RULES[node.opType]?.(context);
    if (node.outputs[0] && small !== undefined && small.length <= MOST_DIMS) values.set(node.outputs[0], small);
  }
  return shapes;
}

function contextOf(
  file: ProtoFile,
  node: NodeRecord,
  shapes: ReadonlyMap<string, Shape>,
  values: ReadonlyMap<string, readonly number[]>,
): NodeContext {
  const at = <T>(map: ReadonlyMap<string, T>, input: number): T | undefined => {
    const name = node.inputs[input];
    return name ? map.get(name) : undefined;
  };
  return {
    attributes: new Attributes(file, node),
    outputs: node.outputs.length,
    shape: (input) => at(shapes, input),
    values: (input) => at(values, input),
    shapes() {
      const known = node.inputs.map((name) => shapes.get(name));
      return known.every((shape) => shape !== undefined) ? known : undefined;
    },
  };
}

/** A model may state any stride or axis: what comes out of it must still be a shape. */
function isShape(shape: Shape): boolean {
  return shape.length <= MOST_DIMS && shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
}
