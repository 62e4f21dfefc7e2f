export interface Column {
  title: string;
  align?: 'left' | 'right';
}

/**
 * A plain table: columns as wide as their widest cell, two spaces apart, a rule below the titles. All symbols of the
 * project's texts (ρ, Δ, ′, –) are one column wide.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], indent = ''): string {
  const widths = columns.map((column, i) => Math.max(length(column.title), ...rows.map((row) => length(row[i] ?? ''))));
  const line = (cells: readonly string[]) =>
    `${indent}${columns.map((column, i) => pad(cells[i] ?? '', widths[i] ?? 0, column.align ?? 'left')).join('  ')}`.trimEnd();
  const rule = `${indent}${widths.map((width) => '─'.repeat(width)).join('  ')}`;
  return `${[line(columns.map((c) => c.title)), rule, ...rows.map(line)].join('\n')}\n`;
}

const length = (text: string): number => [...text].length;

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - length(text)));
  return align === 'left' ? text + space : space + text;
}
