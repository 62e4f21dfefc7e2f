import { CorescoreError, closeMatches, escapeKey } from '@corescore/contracts';
import type Type from 'typebox';
import { Value } from 'typebox/value';

/** The part of JSON Schema that our TypeBox schemas compile to. */
export interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema | JsonSchema[];
  anyOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** More say nothing new: a list of a thousand texts where numbers belong. */
const MOST_ERRORS = 50;

/**
 * Everything that is wrong with an object, each with its field (JSON pointer), what is allowed there and what to do. Empty
 * where the value fits the schema.
 */
export function schemaErrors(schema: Type.TSchema, value: Record<string, unknown>): CorescoreError[] {
  return Value.Check(schema, value) ? [] : errorsIn(schema as JsonSchema, value, '').slice(0, MOST_ERRORS);
}

function errorsIn(given: JsonSchema, value: unknown, pointer: string): CorescoreError[] {
  const schema = variantFor(given, value);
  const errors: CorescoreError[] = [];
  if (schema.properties !== undefined && isObject(value)) {
    const members = membersError(schema, value, pointer);
    if (members !== null) errors.push(members);
    for (const [key, member] of Object.entries(schema.properties)) {
      if (value[key] === undefined || fits(member, value[key])) continue;
      errors.push(...errorsIn(member, value[key], `${pointer}/${escapeKey(key)}`));
    }
  }
  if (schema.type === 'array' && Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      const member = Array.isArray(schema.items) ? schema.items[i] : schema.items;
      if (member === undefined || fits(member, item)) continue;
      errors.push(...errorsIn(member, item, `${pointer}/${i}`));
      if (errors.length > MOST_ERRORS) break;
    }
  }
  return errors.length > 0 ? errors : [leafError(schema, value, pointer)];
}

const fits = (schema: JsonSchema, value: unknown): boolean => Value.Check(schema as Type.TSchema, value);

/**
 * Of a union of objects the one that is meant: the only one of whose required members some are there, or all are where
 * others are incomplete. The union itself where none or several are meant: then the error names all forms.
 */
export function variantFor(schema: JsonSchema, value: unknown): JsonSchema {
  if (schema.anyOf === undefined || !isObject(value)) return schema;
  const given = (s: JsonSchema) => (s.required ?? []).filter((key) => value[key] !== undefined).length;
  const begun = schema.anyOf.filter((s) => s.properties !== undefined && given(s) > 0);
  const complete = begun.filter((s) => given(s) === s.required!.length);
  const meant = complete.length > 0 ? complete : begun;
  return meant.length === 1 ? meant[0]! : schema;
}

function membersError(schema: JsonSchema, value: Record<string, unknown>, pointer: string): CorescoreError | null {
  const allowed = Object.keys(schema.properties!);
  const unknown = Object.keys(value).filter((key) => !allowed.includes(key));
  const missing = (schema.required ?? []).filter((key) => value[key] === undefined);
  const where = pointer === '' ? 'The manifest' : pointer;
  if (missing.length > 0) {
    const misspelt = unknown.length > 0 ? ` It has the unknown ${quote(unknown)}.` : '';
    const said = schema.properties![missing[0]!]?.description;
    return invalid(`${where} lacks ${quote(missing)}.${misspelt}`, `${pointer}/${escapeKey(missing[0]!)}`, {
      remedy: `Add "${missing[0]}"${said === undefined ? '' : ` (${said})`}: ${describe(schema.properties![missing[0]!]!)}.`,
    });
  }
  if (unknown.length > 0) {
    const close = closeMatches(unknown[0]!, allowed, 1);
    return invalid(`${where} has the unknown ${quote(unknown)}.`, `${pointer}/${escapeKey(unknown[0]!)}`, {
      remedy: `${close.length > 0 ? `Did you mean "${close[0]}"? ` : ''}Allowed here: ${allowed.join(', ')}.`,
    });
  }
  return null;
}

function leafError(schema: JsonSchema, value: unknown, pointer: string): CorescoreError {
  return invalid(`${pointer === '' ? 'The manifest' : pointer} is ${shorten(value)}.`, pointer, {
    remedy: `Give ${describe(schema)}.`,
  });
}

/** What a schema allows, in words. */
function describe(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.map((v) => JSON.stringify(v)).join(', ')}`;
  if (schema.anyOf !== undefined) return `one of ${schema.anyOf.map(describe).join(' | ')}`;
  if (schema.description !== undefined) return schema.description;
  if (schema.properties !== undefined) {
    const required = new Set(schema.required);
    return `{ ${Object.keys(schema.properties)
      .map((key) => (required.has(key) ? key : `${key}?`))
      .join(', ')} }`;
  }
  if (Array.isArray(schema.items)) return `[${schema.items.map(describe).join(', ')}]`;
  if (schema.type === 'array') {
    const range = span(schema.minItems, schema.maxItems);
    return `a list of ${range}${schema.items === undefined ? 'values' : plural(schema.items)}`;
  }
  if (schema.type === 'string') return `a text${span(schema.minLength, schema.maxLength, ' of ', 'characters')}`;
  return bounds(schema);
}

const plural = (schema: JsonSchema): string =>
  schema.type === 'string' ? 'texts' : schema.type === 'number' ? 'numbers' : describe(schema);

function bounds(schema: JsonSchema): string {
  const noun = schema.type === 'integer' ? 'a whole number' : `a ${schema.type}`;
  const limits = [
    schema.minimum === undefined ? null : `at least ${schema.minimum}`,
    schema.exclusiveMinimum === undefined ? null : `above ${schema.exclusiveMinimum}`,
    schema.maximum === undefined ? null : `at most ${schema.maximum}`,
  ].filter((limit) => limit !== null);
  return [noun, ...limits].join(', ');
}

/** "1 to 3 ", "at least 2 ", or nothing where no length is asked for. */
function span(least: number | undefined, most: number | undefined, before = '', after = ''): string {
  if (least === undefined && most === undefined) return '';
  const range =
    most === undefined ? `at least ${least}` : least === undefined ? `at most ${most}` : `${least} to ${most}`;
  return `${before}${range} ${after}`;
}

export function invalid(detail: string, field: string, context: { remedy: string }): CorescoreError {
  return new CorescoreError('invalid_manifest', detail, { field, ...context });
}

const quote = (keys: readonly string[]): string => keys.map((key) => JSON.stringify(key)).join(', ');

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
