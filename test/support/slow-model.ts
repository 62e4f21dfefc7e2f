import { endless } from '../../packages/runtime/test/models.js';
import { type Graph, INT64 } from '../../packages/runtime/test/onnx-writer.js';

/** The endless model with a count of rounds an image: so slow that something can befall it while it runs. */
export const slow = (rounds: number): Graph => ({
  ...endless,
  nodes: endless.nodes.map((node) => (node.op === 'Loop' ? { ...node, in: ['rounds', ...node.in.slice(1)] } : node)),
  constants: [...(endless.constants ?? []), { name: 'rounds', dims: [], values: [rounds], type: INT64 }],
});
