import Type, { type Static } from 'typebox';
import { Digest, Timestamp } from './ids.js';

/** A row of the board that is no competitor: IT itself, or a null hypothesis (METRICS 4). */
export const ReferenceRow = Type.Object({
  model: Type.String({ description: 'owner/name' }),
  role: Type.Enum(['it', 'null']),
  label: Type.String(),
  sentence: Type.String({ description: 'what the row shows, one sentence' }),
});
export type ReferenceRow = Static<typeof ReferenceRow>;

export const BenchmarkView = Type.Object({
  id: Type.String(),
  version: Type.Integer(),
  ref: Type.String({ description: 'id@version' }),
  digest: Digest,
  title: Type.String(),
  sentence: Type.String({ description: 'what is measured, one sentence' }),
  caveat: Type.String({ description: 'what is synthetic, and what a score here does not mean' }),
  stimulusSet: Type.Object({
    identifier: Type.String(),
    digest: Digest,
    images: Type.Integer(),
    control: Type.Integer(),
    challenge: Type.Integer(),
  }),
  sites: Type.Integer({ description: 'neuroids of the target' }),
  visualDegrees: Type.Number(),
  binStartsMs: Type.Array(Type.Number()),
  binMs: Type.Number(),
  regions: Type.Array(Type.String()),
  sortMetric: Type.String(),
  parameters: Type.Record(Type.String(), Type.Unknown(), { description: 'decoder, C, folds, mapping, bracket rule' }),
  /** Planted or recorded truth about the target: threshold-time correlation, delay. */
  target: Type.Record(Type.String(), Type.Number()),
  references: Type.Array(ReferenceRow),
  createdAt: Timestamp,
});
export type BenchmarkView = Static<typeof BenchmarkView>;
/** What `benchmarks` defines; the store adds `createdAt`. */
export type BenchmarkDefinition = Omit<BenchmarkView, 'createdAt'>;
