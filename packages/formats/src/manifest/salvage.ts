import type Type from 'typebox';
import { Value } from 'typebox/value';
import { type JsonSchema, variantFor } from './schema-errors.js';

/** Stand in for required members that are missing or wrong, where nothing that is checked hangs on them. */
const PLACEHOLDERS: Readonly<Record<string, unknown>> = {
  '/manifestVersion': 1,
  '/name': 'model',
  '/input/visualDegrees': 8,
};

/**
 * What is left of a value once everything that does not fit its schema is taken out, so that the rest can still be
 * checked; undefined where a required member does not fit.
 */
export function salvage(given: JsonSchema, value: unknown, pointer = ''): unknown {
  if (fits(given, value)) return value;
  const schema = variantFor(given, value);
  if (schema.properties === undefined || typeof value !== 'object' || value === null) return undefined;
  const left: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(schema.properties)) {
    const at = `${pointer}/${key}`;
    const found = (value as Record<string, unknown>)[key];
    const kept = found === undefined ? undefined : salvage(member, found, at);
    if (kept !== undefined) left[key] = kept;
    else if (schema.required?.includes(key) && at in PLACEHOLDERS) left[key] = PLACEHOLDERS[at];
  }
  return fits(schema, left) ? left : undefined;
}

const fits = (schema: JsonSchema, value: unknown): boolean => Value.Check(schema as Type.TSchema, value);
