import { CorescoreError } from '@corescore/contracts';
import { type Json, list, object, shape, text } from './json.js';
import { GRAPH_OPERATORS } from './known.js';
import { count, type TfjsInput, type TfjsTopology } from './topology.js';

const MOST_NODES = 100_000;

/** TensorFlow's names of element types, as a graph writes them, and what TensorFlow.js makes of them. */
const DTYPES: Record<string, string> = {
  DT_FLOAT: 'float32',
  DT_INT32: 'int32',
  DT_BOOL: 'bool',
  DT_UINT8: 'int32',
  DT_INT64: 'int32',
  DT_INT8: 'int32',
  DT_HALF: 'float32',
  DT_DOUBLE: 'float32',
  DT_STRING: 'string',
  DT_COMPLEX64: 'complex64',
  '1': 'float32',
  '2': 'float32',
  '3': 'int32',
  '7': 'string',
  '9': 'int32',
  '10': 'bool',
};

/**
 * A graph model: TensorFlow's GraphDef as JSON, functions included.
 * @throws CorescoreError `not_tfjs`, `operator_not_supported`, `model_too_complex`
 */
export function readGraph(topology: Json, signature: unknown): TfjsTopology {
  const nodes = nodesOf(topology['node'], 'The graph');
  const library = topology['library'] === undefined ? {} : object(topology['library'], 'library');
  const functions = list(library['function'] ?? [], 'library.function', 1000).map((one) => object(one, 'A function'));
  const inner = functions.flatMap((one) => nodesOf(one['nodeDef'] ?? [], 'A function'));
  const operators = [...nodes, ...inner].map(({ op }) => op);
  const unknown = operators.find((op) => !GRAPH_OPERATORS.has(op));
  if (unknown !== undefined) {
    throw new CorescoreError('operator_not_supported', `TensorFlow.js has no operator "${unknown}".`, {
      field: 'model.json',
      remedy:
        'Convert the model with tensorflowjs_converter, which replaces or refuses such operators, or export ONNX.',
    });
  }
  const fed = new Set(nodes.flatMap(({ inputs }) => inputs));
  const named = signature === undefined ? {} : object(signature, 'signature');
  const outputs =
    signed(named['outputs']) ?? nodes.filter((n) => !fed.has(n.name) && n.op !== 'NoOp').map((n) => n.name);
  return {
    inputs: nodes.filter(({ op }) => op === 'Placeholder').map(({ name, attributes }) => inputOf(name, attributes)),
    outputs,
    innerNames: nodes.filter(({ op }) => op !== 'Const' && op !== 'NoOp').map(({ name }) => name),
    types: typesOf(nodes, named['outputs']),
    operators: count(operators),
  };
}

/** Operators whose outputs are of one type, whatever goes in. */
const FIXED: Readonly<Record<string, string>> = Object.fromEntries([
  ...['ArgMax', 'ArgMin', 'Shape', 'Size', 'Rank'].map((op) => [op, 'int32']),
  ...['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr', 'LogicalNot'].map(
    (op) => [op, 'bool'],
  ),
]);

/** What the operators and the signature say of the types of nodes. */
function typesOf(nodes: readonly GraphNode[], signature: unknown): Map<string, string> {
  const types = new Map<string, string>();
  for (const { name, op, attributes } of nodes) {
    const cast = op === 'Cast' ? (attributes['DstT'] as Json | undefined)?.['type'] : undefined;
    const type = FIXED[op] ?? DTYPES[String(cast)];
    if (type !== undefined) types.set(name, type);
  }
  if (signature === undefined) return types;
  for (const end of Object.values(object(signature, 'signature.outputs'))) {
    const { name, dtype } = object(end, 'An output of the signature');
    const type = DTYPES[String(dtype)];
    if (typeof name === 'string' && type !== undefined) types.set(name.replace(/:0$/, ''), type);
  }
  return types;
}

interface GraphNode {
  name: string;
  op: string;
  /** Nodes that it reads, without the number of their output. */
  inputs: string[];
  attributes: Json;
}

function nodesOf(value: unknown, what: string): GraphNode[] {
  return list(value, `${what}'s list of nodes`, MOST_NODES).map((given) => {
    const node = object(given, 'A node');
    const inputs = list(node['input'] ?? [], 'The inputs of a node', MOST_NODES);
    return {
      name: text(node['name'], 'The name of a node'),
      op: text(node['op'], 'The operator of a node'),
      inputs: inputs.map((input) => text(input, 'The input of a node').replace(/^\^/, '').split(':')[0]!),
      attributes: node['attr'] === undefined ? {} : object(node['attr'], 'attr'),
    };
  });
}

function inputOf(name: string, attributes: Json): TfjsInput {
  const dtype = (attributes['dtype'] as Json | undefined)?.['type'];
  const given = (attributes['shape'] as Json | undefined)?.['shape'] as Json | undefined;
  const dims = given === undefined || given['unknownRank'] === true ? [] : list(given['dim'] ?? [], 'dim', 8);
  return {
    name,
    dtype: DTYPES[String(dtype)] ?? 'float32',
    shape: shape(
      dims.map((dim) => (dim as Json)['size'] ?? -1),
      `The input "${name}"`,
      true,
    ),
  };
}

/** Names of the tensors that a signature gives: `{ key: { name: 'Identity:0' } }`. */
function signed(ends: unknown): string[] | null {
  if (ends === undefined) return null;
  const names = Object.values(object(ends, 'signature.outputs')).map((end) =>
    text(object(end, 'An output of the signature')['name'], 'The name of an output').replace(/:0$/, ''),
  );
  return names.length > 0 ? names : null;
}
