/**
 * The table of sizes counts what belongs together as one part (a kernel with its bias, scale and shift of a norm) and
 * calls some parts otherwise. A rule: tensors, and the part that they belong to.
 */
type Rule = readonly [tensors: RegExp, part: string];

const COMMON: Rule[] = [
  [/^readout\..*/, 'readout'],
  [/\.(gamma|beta)$/, ''],
];

const KERNEL_AND_BIAS: Rule = [/\.[Wb]$/, ''];

const RULES: Record<string, Rule[]> = {
  'ff-alexnet': [KERNEL_AND_BIAS],
  'ff-resnet': [
    [/^V1\.W$/, 'V1'],
    [/\.W([12])$/, '.$1'],
    [/\.0\.Ws$/, '.skip'],
  ],
  'cornet-z': [KERNEL_AND_BIAS],
  rcl: [
    [/\.(Wf|b)$/, '.f'],
    [/\.Wr$/, '.r'],
  ],
  grcl: [
    [/\.W(g?[fr])$/, '.$1'],
    [/\.gnF$/, '.gn0'],
    [/\.gnGF$/, '.gn1'],
    [/\.gnR$/, '.gn2'],
    [/\.gnGR$/, '.gn3'],
    [/\.gnP$/, '.gn4'],
  ],
  leaky: [
    [/\.F$/, '.B'],
    [/\.R$/, '.L'],
  ],
  convlstm: [
    [/\.(Wx|b)[ifco]$/, '.Wx'],
    [/\.Wh[ifco]$/, '.Wh'],
    [/\.Wc[ifo]$/, '.peep'],
  ],
  subconvlstm: [
    [/\.(Wx|b)[ifoz]$/, '.Wx'],
    [/\.Wh[ifoz]$/, '.Wh'],
  ],
  'pcn-local': [
    [/^V1\.W$/, 'V1'],
    [/\.b0$/, '.b'],
  ],
  rgc: [
    [/^V1\.W$/, 'V1'],
    [/\.W$/, '.ff'],
  ],
  'rgc-survey': [
    [/^V1\.W$/, 'V1'],
    [/\.W$/, '.ff'],
  ],
  'cornet-rt': [
    [/\.(Win|bin)$/, '.in'],
    [/\.W1$/, '.conv1'],
  ],
  'cornet-s': [[/\.W(in|skip|[123])$/, '.$1']],
  'retina-bl': [KERNEL_AND_BIAS],
  ...Object.fromEntries(
    ['prednet', 'prednet-sub'].map((id): [string, Rule[]] => [
      id,
      [
        [/^L(\d)\.[Wb][ifcoz]$/, 'R$1'],
        [/^L(\d)\.[Wb]ahat$/, 'Ahat$1'],
        [/^L0\.[Wb]a$/, 'A1'],
        [/^L1\.[Wb]a$/, 'A2'],
        [/^L2\.[Wb]a$/, 'A3'],
      ],
    ]),
  ),
};

/** Models whose norms stand in the table without the name of their area. */
const SHORT_NORMS: Record<string, Rule[]> = {
  'ff-resnet': [[/^(V2|V4|IT)\..*gn\w?$/, 'gn']],
  'cornet-s': [
    [/^V1\.gn\d$/, 'gn'],
    [/^\w+\.(gn\w+)$/, '$1'],
  ],
};

/** The tensors grouped and called as the table does it, sorted. */
export function partsOf(id: string, tensors: readonly (readonly [string, number])[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const [name, count] of tensors) {
    const part = rename(name, [...COMMON, ...(RULES[id] ?? [])]);
    counts.set(part, (counts.get(part) ?? 0) + count);
  }
  return sorted([...counts].map(([part, count]) => [rename(part, SHORT_NORMS[id] ?? []), count]));
}

export const sorted = (parts: readonly [string, number][]): [string, number][] =>
  [...parts].sort((a, b) => a[0].localeCompare(b[0]) || a[1] - b[1]);

const rename = (name: string, rules: readonly Rule[]): string =>
  rules.reduce((renamed, [from, to]) => renamed.replace(from, to), name);
