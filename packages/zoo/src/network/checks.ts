import { CorescoreError } from '@corescore/contracts';

export function invalid(detail: string, field: string, remedy: string): CorescoreError {
  return new CorescoreError('invalid_architecture', detail, { field, remedy });
}

export function tooComplex(detail: string, field: string, remedy: string): CorescoreError {
  return new CorescoreError('model_too_complex', detail, { field, remedy });
}

/** @throws CorescoreError where the value is not a whole number within the limits */
export function whole(value: unknown, field: string, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  const number = typeof value === 'number' ? value : JSON.stringify(value);
  const detail = `${field} is ${number}.`;
  const remedy = `Give a whole number from ${least} to ${most}.`;
  throw typeof value === 'number' && value > most ? tooComplex(detail, field, remedy) : invalid(detail, field, remedy);
}

/** @param has subject and verb of the remedy: "/delays has" */
export function refuseUnknown(value: unknown, known: readonly string[], pointer: string, has: string): void {
  const fields = `${has} ${known.join(', ')}.`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${pointer} is not an object.`, pointer, fields);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw invalid(`There is no field "${unknown}" here.`, `${pointer}/${unknown}`, fields);
}
