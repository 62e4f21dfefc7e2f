import { InvalidArgumentError, Option } from 'commander';

/** Options that several commands share: one wording, one default. */
export const urlOption = (): Option =>
  new Option('--url <address>', 'address of the service (default: CORESCORE_URL, or the local one)');

export const formatOption = (...formats: string[]): Option =>
  new Option('--format <format>', 'human text on standard error, the others on standard output')
    .choices(formats)
    .default('human');

/** An option that may be given several times. */
export const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** Parser of a number within bounds, for `.argParser`. */
export function number(bounds: { min?: number; above?: number; max?: number; integer?: boolean } = {}) {
  return (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const { min, above, max, integer = false } = bounds;
    const isFine =
      Number.isFinite(value) &&
      (!integer || Number.isInteger(value)) &&
      (min === undefined || value >= min) &&
      (above === undefined || value > above) &&
      (max === undefined || value <= max);
    if (isFine) return value;
    const limits = [
      min === undefined ? '' : ` of at least ${min}`,
      above === undefined ? '' : ` above ${above}`,
      max === undefined ? '' : ` and at most ${max}`,
    ].join('');
    throw new InvalidArgumentError(`It must be a ${integer ? 'whole ' : ''}number${limits}.`);
  };
}
