import type { LocalResponse, Ops, Padding, Shaped } from '../../src/ops/ops.js';
import type { GoldenCase } from '../support/golden.js';

/** Tensors of a case by name, on whatever operators. */
export interface Given<T extends Shaped> {
  ops: Ops<T>;
  t(name: string): T;
  has(name: string): boolean;
  attrs: {
    stride: number;
    padding: Padding;
    groups: number;
    lrn: LocalResponse;
    [other: string]: unknown;
  };
  steps: number;
}

/** What comes out, by step and name. */
export type Outcome<T> = Record<string, T>[];
export type Runner = <T extends Shaped>(given: Given<T>) => Outcome<T>;

export function given<T extends Shaped>(ops: Ops<T>, golden: GoldenCase, tensors: ReadonlyMap<string, T>): Given<T> {
  return {
    ops,
    t(name) {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new Error(`${golden.id} has no tensor ${name}`);
      return tensor;
    },
    has: (name) => tensors.has(name),
    attrs: { stride: 1, padding: 'same', ...golden.attrs } as Given<T>['attrs'],
    steps: golden.steps.length,
  };
}

/** Names of tensors with a common part in front: groupNorm(given, 'gn1') takes gn1.gamma and gn1.beta. */
export function groupNorm<T extends Shaped>({ ops, t, attrs }: Given<T>, name?: string): (x: T) => T {
  const prefix = name === undefined ? '' : `${name}.`;
  const affine = { gamma: t(`${prefix}gamma`), beta: t(`${prefix}beta`) };
  return (x) => ops.groupNorm(x, affine, attrs.groups);
}

export function batchNorm<T extends Shaped>({ ops, t }: Given<T>, name: string): (x: T) => T {
  const affine = { gamma: t(`${name}.gamma`), beta: t(`${name}.beta`) };
  const moments = { mean: t(`${name}.mean`), variance: t(`${name}.var`) };
  return (x) => ops.batchNorm(x, affine, moments);
}

/** A state from step to step, and what each step shows of it. */
export function iterate<T extends Shaped, State>(
  { steps }: { steps: number },
  step: (state: State | null, t: number) => State,
  shown: (state: State) => Record<string, T>,
): Outcome<T> {
  let state: State | null = null;
  return Array.from({ length: steps }, (_, t) => {
    state = step(state, t);
    return shown(state);
  });
}
