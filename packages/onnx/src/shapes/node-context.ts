import type { Attributes } from '../reader/attributes.js';

export type Shape = readonly number[];

/** What is known of a node while the graph is walked. */
export interface NodeContext {
  attributes: Attributes;
  /** Number of outputs that the node names. */
  outputs: number;
  /** Shape of an input; undefined where it is absent or not known. */
  shape(input: number): Shape | undefined;
  /** Numbers of a small input that do not depend on the image. */
  values(input: number): readonly number[] | undefined;
  /** Shapes of all inputs, or undefined where one is not known. */
  shapes(): Shape[] | undefined;
}

export const elementsOf = (shape: Shape): number => shape.reduce((product, dim) => product * dim, 1);
