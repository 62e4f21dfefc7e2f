import { CorescoreError, type ModelVersionView, type Score, unfitIn } from '@corescore/contracts';
import { validate } from 'uuid';
import type { StoredModelVersion } from '../types.js';

/**
 * The time of a statement: the injected clock, or the database's. By convention `$1` is `database.clock()` in every
 * statement that uses it.
 */
export const NOW = 'coalesce($1::timestamptz, clock_timestamp())';

export const iso = (at: Date): string => at.toISOString();
export const isoOrNull = (at: Date | null): string | null => at?.toISOString() ?? null;

/**
 * What a model's log or error may hold and Postgres takes for no text: a NUL is left out, half of a surrogate pair
 * becomes the replacement character. For what this service writes itself; what a user sends is refused instead.
 */
export const clean = (text: string): string => text.replaceAll('\0', '').replace(/[\ud800-\udfff]/gu, '\ufffd');
/** JSON for a json or jsonb column. */
export const json = (value: unknown): string =>
  JSON.stringify(value, (_key, v: unknown) => (typeof v === 'string' ? clean(v) : v));
/**
 * JSON of what a user sent, to be kept to the letter: its digest is to be computed from it again.
 * @throws RangeError where Postgres would keep something else; the schemas refuse it by name before it gets here
 */
export function jsonAsSent(value: unknown): string {
  const unfit = unfitIn(value);
  if (unfit !== null) throw new RangeError(`${unfit.pointer} ${unfit.what}`);
  return JSON.stringify(value);
}

/** Ids come from addresses: text that is no UUID is no row, not an error of the database. */
export const isId = (id: string): boolean => validate(id);

/** Cursors are the id of the last item of a page. @throws CorescoreError `invalid_request` */
export function cursorId(cursor: string | undefined): string | null {
  if (cursor === undefined || isId(cursor)) return cursor ?? null;
  throw new CorescoreError('invalid_request', 'The cursor is not one that this list gave out.', {
    field: 'query/cursor',
    remedy: 'Use `nextCursor` of the page before, or leave it out for the first page.',
  });
}

/** Rows of a query that asked for one more than `limit`. */
export function toPage<R extends { id: string }, T>(
  rows: readonly R[],
  limit: number,
  items: readonly T[],
): { items: T[]; nextCursor: string | null } {
  return { items: items.slice(0, limit), nextCursor: rows.length > limit ? rows[limit - 1]!.id : null };
}

export interface VersionRow {
  id: string;
  owner: string;
  name: string;
  digest: string;
  kind: string;
  description: string | null;
  manifest: unknown;
  temporal: boolean;
  parameters: string | null;
  semantic_digest: string | null;
  stimulus_set_digest: string | null;
  files: { path: string; digest: string; bytes: number }[];
  created_at: Date;
}

/** Columns of `VersionRow` from `model_versions v JOIN models m`. */
export const VERSION_COLUMNS = `v.id, m.owner, m.name, v.digest, v.kind, v.description, v.manifest, v.temporal,
  v.parameters, v.semantic_digest, v.stimulus_set_digest, v.files, v.created_at`;

export const toVersionView = (row: VersionRow): ModelVersionView => ({
  digest: row.digest,
  owner: row.owner,
  name: row.name,
  kind: row.kind,
  description: row.description,
  temporal: row.temporal,
  parameters: row.parameters === null ? null : Number(row.parameters),
  files: row.files,
  manifest: row.manifest,
  createdAt: iso(row.created_at),
});

export const toStoredVersion = (row: VersionRow): StoredModelVersion => ({
  ...toVersionView(row),
  id: row.id,
  semanticDigest: row.semantic_digest,
  stimulusSetDigest: row.stimulus_set_digest,
});

export interface ScoreRow {
  run_id: string;
  metric: string;
  subset: Score['subset'];
  region: string;
  value: number | null;
  ceiled: number | null;
  ceiling: number | null;
  error: number | null;
  low: number | null;
  high: number | null;
  unit: string;
  n: number;
  n_total: number;
  reason: NonNullable<Score['reason']> | null;
  note: string | null;
}

/** Optional members are absent, not null, as they were when the report was made. */
export function toScore(row: ScoreRow): Score {
  const score: Score = {
    metric: row.metric,
    subset: row.subset,
    region: row.region,
    value: row.value,
    unit: row.unit,
    n: row.n,
    nTotal: row.n_total,
  };
  for (const key of ['ceiled', 'ceiling', 'error', 'low', 'high'] as const) {
    const value = row[key];
    if (value !== null) score[key] = value;
  }
  if (row.reason !== null) score.reason = row.reason;
  if (row.note !== null) score.note = row.note;
  return score;
}
