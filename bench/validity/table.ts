/** A table in Markdown, columns padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, c) => Math.max(3, cell.length, ...rows.map((row) => row[c].length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, c) => cell.padEnd(widths[c])).join(' | ')} |`;
  return [line(head), line(widths.map((w) => '-'.repeat(w))), ...rows.map(line)].join('\n');
}

/** A share of n in per cent with its Monte-Carlo standard error. */
export function percent(share: number, n: number): string {
  const error = Math.sqrt(Math.max(0, share * (1 - share)) / n);
  return `${(100 * share).toFixed(1)} ± ${(100 * error).toFixed(1)}`;
}
