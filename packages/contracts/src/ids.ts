import Type, { type Static } from 'typebox';

/** Lower-case hexadecimal SHA-256. */
export const Digest = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256, lower-case hexadecimal' });
export type Digest = Static<typeof Digest>;

/** Row identifier; UUIDv7, so that ids sort by creation time. */
export const Uuid = Type.String({ format: 'uuid', description: 'UUIDv7' });

/** Owner and model names: what may stand in a URL without escaping. */
export const Slug = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
  description: 'lower-case letters, digits, dot, underscore, hyphen; at most 64 characters',
});

export const Timestamp = Type.String({ format: 'date-time', description: 'ISO 8601, UTC' });

/** `core-objects-ost@0`, or `core-objects-ost` for its newest active version. */
export const BenchmarkRef = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}(@[0-9]+)?$' });
