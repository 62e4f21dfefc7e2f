import type { AuditFinding, AuditReport, AuditTally } from '@corescore/store';
import type { styles } from '../io.js';
import { table } from './table.js';
import { formatBytes } from './words.js';

/** So many of each kind are shown; `--format json` has more. */
const SHOWN = 20;

const GROUPS: { kind: AuditFinding['kind']; state: AuditFinding['state']; title: string }[] = [
  { kind: 'blob', state: 'missing', title: 'Uploaded files that are missing' },
  { kind: 'blob', state: 'damaged', title: 'Uploaded files that are damaged' },
  { kind: 'derived', state: 'damaged', title: 'Computed files that are damaged (made anew when needed)' },
  { kind: 'derived', state: 'missing', title: 'Computed files that were deleted (made anew when needed)' },
  { kind: 'blob', state: 'orphaned', title: 'Stored files that no model version needs' },
  { kind: 'derived', state: 'orphaned', title: 'Computed files that nothing needs' },
];

/** What `corescore doctor --verify` found in a home. */
export function auditText(report: AuditReport, home: string, style: ReturnType<typeof styles>): string {
  const { bold, green, red } = style;
  const row = (name: string, { files, bytes, missing, damaged, orphaned, orphanedBytes }: AuditTally) => [
    name,
    String(files),
    formatBytes(bytes),
    String(missing),
    String(damaged),
    orphaned === 0 ? '0' : `${orphaned} (${formatBytes(orphanedBytes)})`,
  ];
  const numbers = ['files', 'size', 'missing', 'damaged', 'orphaned'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  const tallies = table(
    [{ title: '' }, ...numbers],
    [row('uploaded', report.blobs), row('computed', report.derived)],
    '  ',
  );
  const groups = GROUPS.map((group) => groupText(report.findings, group, style)).filter((text) => text !== '');
  const leftOut =
    report.findingsLeftOut === 0 ? '' : `  ${report.findingsLeftOut} further findings are counted and not listed.\n`;
  const end = report.ok
    ? `  ${green('All that was uploaded is there and whole.')}\n`
    : `  ${red('Some of what was uploaded is gone or damaged.')} Runs that need it fail until it is uploaded again.\n`;
  return [`${bold('Files of')} ${home}\n${tallies}`, ...groups, `${leftOut}${end}`].join('\n');
}

function groupText(
  findings: readonly AuditFinding[],
  { kind, state, title }: (typeof GROUPS)[number],
  { bold, dim }: ReturnType<typeof styles>,
): string {
  const found = findings.filter((one) => one.kind === kind && one.state === state);
  if (found.length === 0) return '';
  const lines = found.slice(0, SHOWN).map(({ path, bytes, detail, usedBy, remedy }) => {
    const size = bytes === null ? '' : `, ${formatBytes(bytes)}`;
    // Of a group whose title says it all the path is enough.
    if (kind === 'derived' && state !== 'orphaned') return `  ${path}${size}\n`;
    const users = usedBy.length === 0 ? '' : `    needed by: ${usedBy.join('; ')}\n`;
    return `  ${path}${size}\n    ${detail}\n${users}    what to do: ${remedy}\n`;
  });
  const more = found.length > SHOWN ? `  ${dim(`and ${found.length - SHOWN} more; --format json lists them`)}\n` : '';
  return `${bold(title)}\n${lines.join('')}${more}`;
}
