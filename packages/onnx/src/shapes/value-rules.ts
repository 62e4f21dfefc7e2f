import { MOST_DIMS } from '../reader/attributes.js';
import type { NodeContext } from './node-context.js';

type Values = readonly number[];
/** Numbers of a node's first output, where they follow from shapes and constants alone. */
type ValueRule = (node: NodeContext) => Values | undefined;

const same: ValueRule = (node) => node.values(0);

/** Scalars stretch; lists have one length. */
const elementwise =
  (combine: (a: number, b: number) => number): ValueRule =>
  (node) => {
    const [a, b] = [node.values(0), node.values(1)];
    if (a === undefined || b === undefined) return undefined;
    if (a.length !== b.length && a.length !== 1 && b.length !== 1) return undefined;
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) =>
      combine(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!),
    );
  };

/** Whether integers were divided, which cuts, or floats is not kept: only what is equal in both is known. */
const exactQuotient: ValueRule = (node) => {
  const quotients = elementwise((a, b) => a / b)(node);
  return quotients?.every(Number.isSafeInteger) ? quotients : undefined;
};

const concatenated: ValueRule = (node) => {
  const lists = node.shapes()?.map((_, i) => node.values(i));
  return lists?.every((list) => list !== undefined) ? lists.flat() : undefined;
};

/** Of a list: entries at the places that the second input names. */
const gathered: ValueRule = (node) => {
  const [list, at] = [node.values(0), node.values(1)];
  if (list === undefined || node.shape(0)?.length !== 1) return undefined;
  const found = at?.map((i) => list.at(i));
  return found?.every((value) => value !== undefined) ? found : undefined;
};

const sliced: ValueRule = (node) => {
  const list = node.values(0);
  if (list === undefined || node.shape(0)?.length !== 1) return undefined;
  const [start] = node.values(1) ?? node.attributes.ints('starts') ?? [];
  const [end] = node.values(2) ?? node.attributes.ints('ends') ?? [];
  const [step] = node.values(4) ?? [1];
  return start === undefined || end === undefined || step !== 1 ? undefined : list.slice(start, end);
};

/** `value` is one number, 0 where it is not given. */
const filled: ValueRule = (node) => {
  const [length] = node.values(0) ?? [];
  const tensor = node.attributes.tensor('value');
  const value = tensor === undefined ? [0] : node.attributes.values(tensor);
  if (node.values(0)?.length !== 1 || value === undefined || length! > MOST_DIMS) return undefined;
  return Array.from({ length: length! }, () => value[0]!);
};

const chosen: ValueRule = (node) => {
  const [condition, yes, no] = [node.values(0), node.values(1), node.values(2)];
  if (yes === undefined || no?.length !== yes.length) return undefined;
  return condition?.length === yes.length ? yes.map((value, i) => (condition[i] ? value : no[i]!)) : undefined;
};

const constant: ValueRule = ({ attributes }) => {
  const tensor = attributes.tensor('value');
  if (tensor !== undefined) return attributes.values(tensor);
  const one = attributes.int('value_int');
  return one === undefined
    ? (attributes.ints('value_ints') ?? attributes.floats('value_float') ?? attributes.floats('value_floats'))
    : [one];
};

export const VALUE_RULES: Record<string, ValueRule> = {
  Constant: constant,
  Shape: (node) => node.shape(0)?.slice(node.attributes.int('start') ?? 0, node.attributes.int('end')),
  Identity: same,
  Cast: same,
  Squeeze: same,
  Unsqueeze: same,
  Reshape: same,
  Concat: concatenated,
  Gather: gathered,
  Slice: sliced,
  ConstantOfShape: filled,
  Where: chosen,
  Equal: elementwise((a, b) => Number(a === b)),
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Div: exactQuotient,
};
