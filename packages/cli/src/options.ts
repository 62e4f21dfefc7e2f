import { InvalidArgumentError, Option } from 'commander';

/** Options that several commands share: one wording, one default. */
export const urlOption = (): Option =>
  new Option('--url <address>', 'address of the service (default: CORESCORE_URL, or the local one)');

export const portOption = (): Option =>
  new Option('--port <port>', 'port of API and page; 0 takes a free one (default: CORESCORE_PORT, 4870)').argParser(
    number({ min: 0, max: 65535, integer: true }),
  );

export const hostOption = (): Option =>
  new Option('--host <address>', 'address to listen on (default: CORESCORE_HOST, 127.0.0.1: this machine only)');

export const homeOption = (): Option =>
  new Option('--home <folder>', 'where data and the token live (default: CORESCORE_HOME, .corescore)');

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
