/**
 * The table of sizes counts what belongs together as one part (a kernel with its bias, scale and shift of a norm) and
 * calls some parts otherwise. A rule: tensors, and the part that they belong to.
 */
type Rule = readonly [tensors: RegExp, part: string];

const COMMON: Rule[] = [
  [/^readout\..*/, 'readout'],
  [/\.(gamma|beta)$/, ''],
];

const RULES: Record<string, Rule[]> = {
  'ff-alexnet': [[/^(\w+)\.W$/, '$1']],
  'ff-resnet': [
    [/^V1\.W$/, 'V1'],
    [/\.W([12])$/, '.$1'],
    [/\.0\.Ws$/, '.skip'],
  ],
};

/** Models whose norms stand in the table without the name of their area. */
const SHORT_NORMS: Record<string, Rule> = {
  'ff-resnet': [/^(V2|V4|IT)\..*gn\w?$/, 'gn'],
};

/** The tensors grouped and called as the table does it, sorted. */
export function partsOf(id: string, tensors: readonly (readonly [string, number])[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const [name, count] of tensors) {
    const part = rename(name, [...COMMON, ...(RULES[id] ?? [])]);
    counts.set(part, (counts.get(part) ?? 0) + count);
  }
  const short = SHORT_NORMS[id];
  return sorted([...counts].map(([part, count]) => [short === undefined ? part : rename(part, [short]), count]));
}

export const sorted = (parts: readonly [string, number][]): [string, number][] =>
  [...parts].sort((a, b) => a[0].localeCompare(b[0]) || a[1] - b[1]);

const rename = (name: string, rules: readonly Rule[]): string =>
  rules.reduce((renamed, [from, to]) => renamed.replace(from, to), name);
