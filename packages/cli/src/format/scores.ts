import { METRICS, type RunView, type Score, type ScoreReport } from '@corescore/contracts';
import { stripText } from './strip.js';
import { table } from './table.js';
import { FAILURES, formatSeconds, formatValue, STAGES } from './words.js';

const LABELS: Record<string, { label: string } | undefined> = METRICS;

/** All scores of a run: one row each, absent ones with their reason. */
export function scoreTable(scores: readonly Score[], indent = '  '): string {
  const regions = new Set(scores.map((score) => score.region));
  const columns = [
    { title: 'score' },
    { title: 'images' },
    ...(regions.size > 1 ? [{ title: 'region' }] : []),
    { title: 'value [95 % interval]' },
    { title: 'n of N', align: 'right' as const },
  ];
  const rows = scores.map((score) => [
    LABELS[score.metric]?.label ?? score.metric,
    score.subset,
    ...(regions.size > 1 ? [score.region] : []),
    formatValue(score),
    `${score.n} of ${score.nTotal}`,
  ]);
  return table(columns, rows, indent) + remarks(scores, indent);
}

const CEILED =
  'ceiled: r² / ceiling, of late IT beyond the first step R² / ceiling: the share of the reliable variance. r itself is at most √ceiling.';

/**
 * What scores say of themselves, below the table: in a cell it would make every row as wide. What several say alike stands
 * once, and how to read "ceiled" where one is.
 */
function remarks(scores: readonly Score[], indent: string): string {
  const saying = new Map<string, Map<string, string[]>>();
  for (const { metric, subset, note } of scores) {
    if (note === undefined) continue;
    const label = LABELS[metric]?.label ?? metric;
    const labels = saying.get(note) ?? new Map<string, string[]>();
    saying.set(note, labels.set(label, [...(labels.get(label) ?? []), subset]));
  }
  const lines = [...saying].map(([note, labels]) => {
    const who = [...labels].map(([label, subsets]) => `${label} (${subsets.join(', ')})`).join('; ');
    return `${indent}${who}: ${note}\n`;
  });
  if (scores.some(({ ceiled }) => ceiled !== undefined)) lines.push(`${indent}${CEILED}\n`);
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** One run with its result: the scores, or why there are none. */
export function runText(run: RunView): string {
  const title = `${run.model.owner}/${run.model.name} on ${run.benchmark}`;
  const head = `${title}: ${STAGES[run.status]}${elapsed(run)}\n  run ${run.id}\n`;
  if (run.status === 'scored') return `${head}${versionLine(run)}\n${scoreTable(run.scores)}${notes(run.notes)}`;
  if (run.failure === null) {
    const ahead = run.queuePosition === null ? '' : `  runs ahead of it: ${run.queuePosition}\n`;
    return head + ahead + progressLine(run);
  }
  const { kind, code, detail, field, remedy } = run.failure;
  return [
    head,
    `  ${FAILURES[kind]}: ${detail}\n`,
    `  code: ${code}\n`,
    field === undefined ? '' : `  field: ${field}\n`,
    remedy === undefined ? '' : `  what to do: ${remedy}\n`,
  ].join('');
}

/** The report of a local run: the same table, and how the scores move with the pipeline. */
export function reportText(name: string, report: ScoreReport): string {
  const title = `${name} on ${report.benchmark}: scored here by version ${report.scoringVersion}`;
  return `${title}\n\n${scoreTable(report.scores)}${stripText(report.series)}${notes(report.notes)}`;
}

/** By which version it was scored; of an older one, that its scores do not compare, and which run to look at. */
function versionLine({ scoringVersion, struckReason, supersededBy }: RunView): string {
  if (struckReason === null) return `  scored by version ${scoringVersion}\n`;
  const where = supersededBy === null ? '' : ` by run ${supersededBy}`;
  return `  ✗ ${struckReason}${where}: these scores do not compare with those of the board\n`;
}

function elapsed(run: RunView): string {
  if (run.endedAt === null || run.extractingAt === null) return '';
  return ` in ${formatSeconds(Date.parse(run.endedAt) - Date.parse(run.extractingAt))}`;
}

function progressLine(run: RunView): string {
  if (run.progress === null) return '';
  const { done, total, unit } = run.progress;
  return `  ${done} of ${total} ${unit}\n`;
}

const notes = (lines: readonly string[]): string =>
  lines.length === 0 ? '' : `\n${lines.map((line) => `  ${line}\n`).join('')}`;
