/** An input of the model, as far as the file tells. */
export interface TfjsInput {
  name: string;
  dtype: string;
  /** null: not fixed; [] where the file gives no shape. */
  shape: (number | null)[];
}

/** What a topology says, whichever of the two formats it is in. */
export interface TfjsTopology {
  inputs: TfjsInput[];
  outputs: string[];
  /** Every name that can be recorded: layers, or nodes of the graph. */
  innerNames: string[];
  /** Element types of outputs and nodes, for those that the file tells. */
  types: ReadonlyMap<string, string>;
  /** Layer class or operator -> how often. */
  operators: Record<string, number>;
}

export function count(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
