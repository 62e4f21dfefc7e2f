import {
  type BenchmarkView,
  type Leaderboard,
  type LeaderboardRow,
  METRICS,
  type MetricKey,
  type Subset,
} from '@corescore/contracts';
import { table } from './table.js';
import { formatNumber, formatValue, REASONS } from './words.js';

/** The columns of the board, as the page shows them. */
const COLUMNS: { title: string; metric: MetricKey; subset: Subset; interval: boolean }[] = [
  { title: 'OST ρ partial [95 %]', metric: 'ost_rho_partial', subset: 'all', interval: true },
  { title: 'OST ρ raw', metric: 'ost_rho', subset: 'all', interval: false },
  { title: 'delay, ms', metric: 'ost_delay_mean', subset: 'all', interval: false },
  { title: 'acc. Control', metric: 'accuracy', subset: 'control', interval: false },
  { title: 'acc. Challenge', metric: 'accuracy', subset: 'challenge', interval: false },
];

/** Before the name of a row whose scores do not compare with the rest: plain text strikes nothing through. */
const STRUCK = '✗ ';

const nameOf = (row: LeaderboardRow): string => (row.role === 'model' ? `${row.owner}/${row.name}` : row.label);

const MATCHED = 'ost_concordance_matched';

/** One sentence on what is measured, the table in the order of the service, and what the reference rows mean. */
export function boardText(benchmark: BenchmarkView, board: Leaderboard): string {
  const { stimulusSet } = benchmark;
  const rows = board.rows.map((row) => [
    row.rank === null ? (row.role === 'model' ? '' : '–') : String(row.rank),
    `${row.struckReason === null ? '' : STRUCK}${nameOf(row)}`,
    ...cells(row),
  ]);
  const struck = board.rows.filter((row) => row.struckReason !== null);
  const references = board.rows.filter((row) => row.role !== 'model' && row.sentence !== null);
  return [
    `${benchmark.title} (${board.benchmark})\n`,
    `${benchmark.sentence}\n`,
    `${stimulusSet.images} images (${stimulusSet.control} Control, ${stimulusSet.challenge} Challenge), `,
    `${benchmark.sites} sites; scored by version ${board.scoringVersion}; ${board.generatedAt.slice(0, 10)}\n\n`,
    table(
      [
        { title: 'rank', align: 'right' },
        { title: 'model' },
        ...COLUMNS.map(({ title }) => ({ title, align: 'right' as const })),
        { title: 'solved', align: 'right' },
      ],
      rows,
    ),
    '\n',
    ...struck.map((row) => `${STRUCK}${nameOf(row)}: ${row.struckReason}; does not compare with the rows above\n`),
    ...references.map((row) => `– ${row.label}: ${row.sentence}\n`),
    matchedNulls(board.rows),
    `${benchmark.caveat}\n`,
  ].join('');
}

/** A row without scores says its state once, in the column that sorts the board. */
function cells(row: LeaderboardRow): string[] {
  if (row.status !== 'scored') return [row.status, ...COLUMNS.map(() => '')];
  return [...COLUMNS.map((column) => cell(row, column)), solved(row)];
}

/** What the null rows get for the matched concordance, whose chance is .5 in theory only; nothing where none has it. */
function matchedNulls(rows: readonly LeaderboardRow[]): string {
  const found = rows.flatMap((row) => {
    const score =
      row.role === 'null' && row.struckReason === null
        ? row.scores.find((s) => s.metric === MATCHED && s.subset === 'all')
        : undefined;
    return score?.value == null ? [] : [`${row.label} ${formatValue(score)}`];
  });
  return found.length === 0 ? '' : `${METRICS[MATCHED].label}, of the null rows: ${found.join('; ')}\n`;
}

function cell(row: LeaderboardRow, { metric, subset, interval }: (typeof COLUMNS)[number]): string {
  const score = row.scores.find((s) => s.metric === metric && s.subset === subset && s.region === 'IT');
  if (score === undefined) return REASONS.not_run;
  if (score.value === null || interval) return formatValue(score);
  return formatNumber(score.value, score.unit);
}

function solved(row: LeaderboardRow): string {
  const score = row.scores.find((s) => s.metric === 'ost_solved' && s.subset === 'all' && s.region === 'IT');
  if (score === undefined) return REASONS.not_run;
  return score.value === null ? formatValue(score) : `${score.value} of ${score.nTotal}`;
}
