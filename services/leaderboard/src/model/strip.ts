import { METRICS, type Series } from '@corescore/contracts';

export interface StripCell {
  value: number;
  low: number | null;
  high: number | null;
}

export interface StripColumn {
  metric: string;
  unit: string;
  /** Ends of the column's scale: all intervals lie within. */
  from: number;
  to: number;
  /** Where the decoder of the scores stands. */
  base: number | null;
}

export interface StripRow {
  key: string;
  label: string;
  startsGroup: boolean;
  /** One a column; null where the variant is not there. */
  cells: (StripCell | null)[];
}

/** The row of the decoder that the scores come from. */
const BASE = 'features all';

const unitOf = (metric: string): string => (metric in METRICS ? METRICS[metric as keyof typeof METRICS].unit : '');

/** `C 1e-3` -> `C = 0.001`; a key that the page does not know is shown as it is. */
export function variantLabel(key: string): string {
  const [kind, value] = key.split(' ');
  if (kind === 'C' && Number.isFinite(Number(value))) return `C = ${Number(value)}`;
  if (kind === 'features') return value === 'all' ? 'all features (as scored)' : `${value} features`;
  if (key === 'trial noise') return 'trial noise added';
  return key === 'evidence cumulative' ? 'cumulative evidence' : key;
}

/** The series `ost_strip`, variant x metric, as a table with one scale a column. */
export function stripOf(series: Series): { rows: StripRow[]; columns: StripColumn[] } {
  const [variants, metrics] = series.axes.map((axis) => axis.values.map(String));
  const cellAt = (v: number, m: number): StripCell | null => {
    const at = v * metrics!.length + m;
    const value = series.values[at];
    return value == null ? null : { value, low: series.low?.[at] ?? null, high: series.high?.[at] ?? null };
  };
  const rows = variants!.map((key, v) => ({
    key,
    label: variantLabel(key),
    startsGroup: v > 0 && key.split(' ')[0] !== variants![v - 1]!.split(' ')[0],
    cells: metrics!.map((_, m) => cellAt(v, m)),
  }));
  const columns = metrics!.map((metric, m) => {
    const cells = rows.flatMap((row) => row.cells[m] ?? []);
    return {
      metric,
      unit: unitOf(metric),
      from: Math.min(...cells.map((c) => c.low ?? c.value)),
      to: Math.max(...cells.map((c) => c.high ?? c.value)),
      base: rows.find((row) => row.key === BASE)?.cells[m]?.value ?? null,
    };
  });
  return { rows, columns };
}
