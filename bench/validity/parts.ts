import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOrtKernels } from '@corescore/linalg';
import { type Coverage, simulateCoverage } from './coverage.js';
import { simulateGate } from './gate.js';
import { NULL_STATISTICS, simulateNulls } from './nulls.js';
import { decodedRecovery, type Recovery, simulatedRecovery } from './ost-bias.js';
import { nullsPicture } from './plot.js';
import { BOARDS, simulateBoards } from './ranking.js';
import { SEED_KINDS, simulateSeeds } from './seeds.js';
import { KINDS, type Kind } from './subjects.js';
import { percent, table } from './table.js';

/** One section of the results: models to simulate, folder for pictures or null; returns Markdown. */
type Part = (models: number, pictures: string | null) => string | Promise<string>;

function coverageRows(printed: readonly Coverage[], plain: readonly Coverage[]): string[][] {
  const before = new Map(plain.map((found) => [found.statistic, found]));
  const covered = (found: Coverage | undefined) =>
    found === undefined ? 'the same' : percent(1 - found.above - found.below, found.n);
  return printed.map((found) => [
    found.statistic,
    found.truth.toFixed(3),
    (found.bias / found.sd).toFixed(2),
    covered(before.get(found.statistic)),
    covered(found),
    `${(100 * found.above).toFixed(1)} / ${(100 * found.below).toFixed(1)}`,
    found.width.toPrecision(3),
    String(found.n),
  ]);
}

const coverage =
  (kind: Kind, seed: number): Part =>
  (models) => {
    const { printed, plain } = simulateCoverage(kind, models, seed);
    return `${kind.name}, seed ${seed}\n\n${table(
      ['statistic', 'truth', 'bias, sd', 'before, %', 'printed, %', 'above / below, %', 'width', 'n'],
      coverageRows(printed, plain),
    )}`;
  };

const gate: Part = (models) =>
  table(
    ['compared', 'by', 'flips, mean', 'interval without 0, %', 'and sign test, %', 'stopped, %', 'n'],
    simulateGate(models, 7).map((found) => [
      found.what,
      found.statistic,
      found.flips.toFixed(1),
      percent(found.interval, found.n),
      found.statistic === 'accuracy' ? percent(found.both, found.n) : 'does not apply',
      percent(found.stopped, found.n),
      String(found.n),
    ]),
  );

const seeds: Part = (models) =>
  table(
    ['compared', 'method', 'false alarms, %', 'smallest visible loss', 'seen when planted, %', 'covered, %', 'n'],
    SEED_KINDS.flatMap((kind) => {
      const result = simulateSeeds(kind, models, 11);
      return (['before', 'after'] as const).map((method) => {
        const found = result[method];
        const shares = [percent(found.alarms, models), found.loss.toFixed(4), percent(found.power, models)];
        return [kind.name, method, ...shares, percent(found.covered, models), String(models)];
      });
    }),
  );

const ranks: Part = (models) =>
  table(
    ['models', 'gap', 'method', 'covered, %', 'first and last, %', 'places', 'anchors wrong, %', 'classes', 'boards'],
    BOARDS.flatMap((kind) => {
      const result = simulateBoards(kind, models, 13);
      return (['before', 'after'] as const).map((method) => {
        const found = result[method];
        const ends = [percent(found.covered, models), percent(found.coveredEnds, models), found.width.toFixed(1)];
        const classes = [percent(found.wrongAnchors, models), found.classes.toFixed(1), String(models)];
        return [String(kind.models), String(kind.gap), method, ...ends, ...classes];
      });
    }),
  );

const nulls: Part = (models, pictures) => {
  const results = simulateNulls(models, 17);
  if (pictures !== null) writeFileSync(join(pictures, 'validity-nulls.svg'), nullsPicture(results));
  const cell = (name: string, statistic: string) => {
    const { quantiles, defined } = results.find((r) => r.name === name && r.statistic === statistic)!;
    if (quantiles.length === 0) return 'undefined';
    const [least, , median, , most] = quantiles.map((v) => v.toFixed(3));
    return `${median} (${least} to ${most})${defined < 1 ? `, defined in ${(100 * defined).toFixed(0)} %` : ''}`;
  };
  return table(
    ['subject', ...NULL_STATISTICS, 'n'],
    [...new Set(results.map((r) => r.name))].map((name) => [
      name,
      ...NULL_STATISTICS.map((statistic) => cell(name, statistic)),
      String(models),
    ]),
  );
};

const RECOVERY_HEAD = [
  'noise',
  'bias, ms',
  'MAE, ms',
  'rho',
  'partial rho',
  'delay bias, ms',
  'unsolved',
  'over 10 ms early',
  'sets',
];

const recoveryRow = (found: Recovery): string[] => [
  String(found.noise),
  found.biasMs.toFixed(2),
  found.maeMs.toFixed(2),
  found.spearman.toFixed(3),
  found.partial.toFixed(3),
  found.delayBiasMs.toFixed(2),
  found.unsolved.toFixed(1),
  found.early.toFixed(1),
  String(found.n),
];

const bias: Part = (models) => table(RECOVERY_HEAD, simulatedRecovery(models, 19).map(recoveryRow));

const decoded: Part = async (models) => {
  const kernels = await createOrtKernels({ threads: 1 });
  try {
    const rows: string[][] = [];
    for (const [noise, share] of [
      [0.1, 125],
      [0.2, 40],
      [0.5, 125],
    ]) {
      const found = await decodedRecovery(noise, Math.max(2, Math.ceil(models / share)), 23, kernels);
      rows.push([...recoveryRow(found.recovery), found.partialSd.toFixed(4), found.partialError.toFixed(4)]);
    }
    return table([...RECOVERY_HEAD, 'sd of partial rho', 'by its interval'], rows);
  } finally {
    await kernels.dispose();
  }
};

export const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ...KINDS.map((kind, k): [string, Part] => [`coverage-${k + 1}`, coverage(kind, 100_000 * (k + 1))]),
  ['gate', gate],
  ['seeds', seeds],
  ['bias', bias],
  ['decoded', decoded],
  ['ranks', ranks],
  ['nulls', nulls],
]);
