/** A real minus sign: a hyphen is too short beside tabular figures. */
const sign = (text: string): string => text.replace('-', '−');

/** Fixed decimals without a negative zero. */
export function fixed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return sign(Number(text) === 0 ? text.replace('-', '') : text);
}

interface UnitFormat {
  scale: number;
  decimals: number;
  /** Decimals of the bounds of an interval: their last digit would only be noise. */
  boundDecimals: number;
  suffix: string;
}

const UNITS: Record<string, UnitFormat> = {
  rho: { scale: 1, decimals: 3, boundDecimals: 2, suffix: '' },
  ms: { scale: 1, decimals: 1, boundDecimals: 1, suffix: ' ms' },
  fraction: { scale: 100, decimals: 1, boundDecimals: 1, suffix: ' %' },
  images: { scale: 1, decimals: 0, boundDecimals: 0, suffix: '' },
  'c-index': { scale: 1, decimals: 3, boundDecimals: 2, suffix: '' },
  steps: { scale: 1, decimals: 2, boundDecimals: 2, suffix: ' steps' },
  values: { scale: 1, decimals: 0, boundDecimals: 0, suffix: '' },
  p: { scale: 1, decimals: 4, boundDecimals: 4, suffix: '' },
  'd′': { scale: 1, decimals: 2, boundDecimals: 2, suffix: ' d′' },
};
const OTHER: UnitFormat = { scale: 1, decimals: 3, boundDecimals: 3, suffix: '' };
const formatOf = (unit: string): UnitFormat => UNITS[unit] ?? OTHER;

/** `0.060`, `5.5`, `88.2`: the number alone, in the unit that the page prints (fractions as percent). */
export function formatNumber(value: number, unit: string): string {
  const { scale, decimals } = formatOf(unit);
  return fixed(value * scale, decimals);
}

/** `5.5 ms`, `88.2 %`, `0.060`. */
export const formatQuantity = (value: number, unit: string): string =>
  `${formatNumber(value, unit)}${formatOf(unit).suffix}`;

/** `−0.03 to 0.15`: "to", since a dash beside a minus sign cannot be read. */
export function formatInterval(low: number, high: number, unit: string): string {
  const { scale, boundDecimals } = formatOf(unit);
  return `${fixed(low * scale, boundDecimals)} to ${fixed(high * scale, boundDecimals)}`;
}

/** `12,345` */
export const formatCount = (value: number): string => value.toLocaleString('en-GB');

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** `424 kB`, decimal prefixes. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
