import { METRICS, type Series } from '@corescore/contracts';
import { table } from './table.js';
import { formatNumber } from './words.js';

const KNOWN: Record<string, { label: string; unit: string } | undefined> = METRICS;

const titleOf = (metric: string): string => {
  const known = KNOWN[metric];
  return known === undefined ? metric : `${known.label}${known.unit === 'ms' ? ', ms' : ''}`;
};

/** How the OST scores move with the pipeline: one row a variant. Nothing where the report has no strip. */
export function stripText(series: readonly Series[], indent = '  '): string {
  const strip = series.find(({ name }) => name === 'ost_strip');
  if (strip === undefined) return '';
  const [variants, metrics] = strip.axes.map(({ values }) => values.map(String));
  const cell = (v: number, m: number): string => {
    const at = v * metrics!.length + m;
    const value = strip.values[at];
    if (value == null) return 'none';
    const unit = KNOWN[metrics![m]!]?.unit ?? '';
    const [low, high] = [strip.low?.[at], strip.high?.[at]];
    const interval = low == null || high == null ? '' : ` [${formatNumber(low, unit)}, ${formatNumber(high, unit)}]`;
    return `${formatNumber(value, unit)}${interval}`;
  };
  const columns = [
    { title: 'decoded with' },
    ...metrics!.map((metric) => ({ title: titleOf(metric), align: 'right' as const })),
  ];
  return `\n${table(
    columns,
    variants!.map((variant, v) => [variant, ...metrics!.map((_, m) => cell(v, m))]),
    indent,
  )}`;
}
