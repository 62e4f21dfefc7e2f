import { STATUS_CODES } from 'node:http';
import {
  BenchmarkView,
  ImageResults,
  Leaderboard,
  LeaderboardRow,
  ModelSummary,
  ModelVersionView,
  ModelView,
  Problem,
  Receipt,
  RunEvent,
  RunFailure,
  RunView,
  Score,
  Series,
  SubmissionRequest,
  SubmissionView,
  TokenView,
  UploadedVersionView,
  Warning,
} from '@corescore/contracts';
import type { TSchema } from 'typebox';

/** Shapes that get a name in the document: clients generated from it read better, and the document stays small. */
const NAMED: Record<string, TSchema> = {
  Problem,
  Score,
  Series,
  RunFailure,
  RunEvent,
  RunView,
  SubmissionRequest,
  SubmissionView,
  ModelVersionView,
  Warning,
  UploadedVersionView,
  ModelSummary,
  ModelView,
  ImageResults,
  Receipt,
  LeaderboardRow,
  Leaderboard,
  BenchmarkView,
  TokenView,
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const withoutId = (schema: TSchema): Json => {
  const { $id: _, ...rest } = JSON.parse(JSON.stringify(schema)) as { [key: string]: Json };
  return rest;
};

/** Replaces, inside out, every subschema that equals a named one by a reference to it. */
function named(value: Json, names: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((v) => named(v, names));
  if (value === null || typeof value !== 'object') return value;
  const { $id: _, patternProperties, ...rest } = value;
  const out = Object.fromEntries(Object.entries(rest).map(([key, v]) => [key, named(v, names)]));
  // A record of any names: OpenAPI tools know it as additionalProperties only.
  const any = Object.values((patternProperties as { [key: string]: Json } | undefined) ?? {})[0];
  if (any !== undefined) out['additionalProperties'] = named(any, names);
  const name = names.get(JSON.stringify(out));
  return name === undefined ? out : { $ref: `#/components/schemas/${name}` };
}

/**
 * The finished OpenAPI document: named components, and problems under their own media type.
 * @param document what the routes' schemas gave
 */
export function finishDocument(document: object): object {
  const names = new Map<string, string>();
  const schemas: { [key: string]: Json } = {};
  // Order matters: a shape that holds another comes after it, so that it is compared with the reference in place.
  for (const [name, schema] of Object.entries(NAMED)) {
    const body = named(withoutId(schema), names);
    schemas[name] = body;
    names.set(JSON.stringify(body), name);
  }
  const plain = JSON.parse(JSON.stringify(document)) as { paths: Json; components?: { [key: string]: Json } };
  const paths = named(plain.paths, names);
  const components = { ...plain.components, schemas };
  return { ...plain, paths: describe(problemMedia(paths)), components };
}

/** Fastify's placeholder of a response without a description becomes the name of its status. */
function describe(paths: Json): Json {
  if (Array.isArray(paths)) return paths.map(describe);
  if (paths === null || typeof paths !== 'object') return paths;
  return Object.fromEntries(
    Object.entries(paths).map(([key, v]) => {
      const blank = v !== null && typeof v === 'object' && !Array.isArray(v) && v['description'] === 'Default Response';
      return [key, blank ? { ...v, description: STATUS_CODES[key] ?? key } : describe(v)];
    }),
  );
}

/** `application/json` of a problem response becomes `application/problem+json`. */
function problemMedia(value: Json): Json {
  if (Array.isArray(value)) return value.map(problemMedia);
  if (value === null || typeof value !== 'object') return value;
  const media = value['application/json'];
  const isProblem = JSON.stringify(media) === '{"schema":{"$ref":"#/components/schemas/Problem"}}';
  if (isProblem && media !== undefined) return { 'application/problem+json': media };
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, problemMedia(v)]));
}
