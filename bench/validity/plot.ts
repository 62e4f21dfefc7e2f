import { NULL_STATISTICS, type NullResult } from './nulls.js';

const ROW = 22;
const LEFT = 168;
const PANEL = 160;
const GAP = 44;
const TOP = 46;
/** What an empty subject reaches: 0 for correlations, one half for concordances. */
const CHANCE = { ost_rho: 0, ost_rho_partial: 0, concordance: 0.5, matched_concordance: 0.5 };

/** Median, middle half and 95 % of each subject in each statistic, one panel a statistic. */
export function nullsPicture(results: readonly NullResult[]): string {
  const names = [...new Set(results.map((r) => r.name))];
  const height = TOP + names.length * ROW + 34;
  const width = LEFT + NULL_STATISTICS.length * (PANEL + GAP);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Null subjects and subjects with times of their own, by statistic" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
  ];
  for (const [row, name] of names.entries()) {
    parts.push(`<text x="${LEFT - 12}" y="${TOP + row * ROW + 15}" text-anchor="end" fill="#222">${name}</text>`);
  }
  for (const [panel, statistic] of NULL_STATISTICS.entries()) {
    const left = LEFT + panel * (PANEL + GAP);
    const [low, high] = CHANCE[statistic] === 0 ? [-0.2, 1] : [0.4, 1];
    const x = (value: number) => (left + ((value - low) / (high - low)) * PANEL).toFixed(1);
    const bottom = TOP + names.length * ROW;
    parts.push(`<text x="${left + PANEL / 2}" y="20" text-anchor="middle" fill="#222">${statistic}</text>`);
    for (let tick = low; tick <= high + 1e-9; tick += 0.2) {
      const at = x(tick);
      parts.push(
        `<line x1="${at}" x2="${at}" y1="${TOP - 8}" y2="${bottom}" stroke="#ddd"/>`,
        `<text x="${at}" y="${bottom + 16}" text-anchor="middle" fill="#555">${(Math.abs(tick) < 1e-9 ? 0 : tick).toFixed(1)}</text>`,
      );
    }
    const chance = x(CHANCE[statistic]);
    parts.push(
      `<line x1="${chance}" x2="${chance}" y1="${TOP - 8}" y2="${bottom}" stroke="#222" stroke-dasharray="3 3"/>`,
    );
    for (const [row, name] of names.entries()) {
      const y = TOP + row * ROW + 11;
      const { quantiles } = results.find((r) => r.name === name && r.statistic === statistic)!;
      if (quantiles.length === 0) {
        parts.push(`<text x="${left + 4}" y="${y + 4}" fill="#777" font-style="italic">undefined</text>`);
        continue;
      }
      const [least, lower, median, upper, most] = quantiles.map(x);
      parts.push(
        `<line x1="${least}" x2="${most}" y1="${y}" y2="${y}" stroke="#1f5fa8"/>`,
        `<line x1="${lower}" x2="${upper}" y1="${y}" y2="${y}" stroke="#1f5fa8" stroke-width="5"/>`,
        `<circle cx="${median}" cy="${y}" r="3.5" fill="#fff" stroke="#1f5fa8" stroke-width="1.5"/>`,
      );
    }
  }
  return `${[...parts, '</svg>'].join('\n')}\n`;
}
