import Type, { type Static } from 'typebox';
import { BenchmarkRef, Digest, Slug, Timestamp, Uuid } from './ids.js';
import { RunFailure, RunStatus } from './run.js';
import { Score, Series } from './score.js';
import { NO_NUL } from './text.js';
import { Scope } from './token.js';
import { Warning } from './warning.js';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const ModelVersionView = Type.Object({
  digest: Digest,
  owner: Slug,
  name: Slug,
  kind: Type.String(),
  description: Nullable(Type.String()),
  temporal: Type.Boolean({ description: 'the manifest declares a clock' }),
  parameters: Nullable(Type.Integer({ description: 'number of weights, from the graph; null for activations' })),
  files: Type.Array(Type.Object({ path: Type.String(), digest: Digest, bytes: Type.Integer() })),
  manifest: Type.Unknown(),
  createdAt: Timestamp,
});
export type ModelVersionView = Static<typeof ModelVersionView>;

/** The answer to an upload: the version, and what the checks said of it beside that they let it pass. Not kept. */
export const UploadedVersionView = Type.Object({
  ...ModelVersionView.properties,
  warnings: Type.Array(Warning),
});
export type UploadedVersionView = Static<typeof UploadedVersionView>;

export const SubmissionRequest = Type.Object(
  {
    modelVersion: Digest,
    owner: Type.Optional({
      ...Slug,
      description:
        'whose upload is meant where several owners have uploaded the same files; default: the token’s owner',
    }),
    benchmarks: Type.Array(BenchmarkRef, { minItems: 1, maxItems: 32 }),
  },
  { additionalProperties: false },
);
export type SubmissionRequest = Static<typeof SubmissionRequest>;

const StruckReason = Type.String({
  description: 'why the scores stand struck through: they do not compare with those of the board',
});

/**
 * `createdAt` is when the run was made, `submittedAt` when it was asked for: long before, where it scores another again.
 * Times of stages are null where the stage has not begun.
 */
export const RunView = Type.Object({
  id: Uuid,
  submissionId: Uuid,
  status: RunStatus,
  benchmark: Type.String({ description: 'id@version' }),
  model: Type.Object({ owner: Type.String(), name: Type.String(), digest: Digest }),
  failure: Nullable(RunFailure),
  attempt: Type.Integer({ description: 'counts infrastructure retries, from 1' }),
  queuePosition: Nullable(Type.Integer({ description: 'runs ahead of this one; null unless queued' })),
  worker: Nullable(Type.String()),
  progress: Nullable(Type.Object({ done: Type.Number(), total: Type.Number(), unit: Type.String() })),
  provider: Nullable(Type.String({ description: 'execution provider that ran the model' })),
  submittedAt: Timestamp,
  createdAt: Timestamp,
  extractingAt: Nullable(Timestamp),
  scoringAt: Nullable(Timestamp),
  endedAt: Nullable(Timestamp),
  scores: Type.Array(Score, { description: 'empty until scored' }),
  notes: Type.Array(Type.String()),
  scoringVersion: Nullable(Type.Integer({ description: 'of the scores; null until scored' })),
  supersedes: Nullable({ ...Uuid, description: 'run that this one scores again' }),
  supersededBy: Nullable({ ...Uuid, description: 'run that has scored this one again' }),
  struckReason: Nullable(StruckReason),
});
export type RunView = Static<typeof RunView>;

export const SubmissionView = Type.Object({
  id: Uuid,
  createdAt: Timestamp,
  modelVersion: Digest,
  runs: Type.Array(RunView),
});
export type SubmissionView = Static<typeof SubmissionView>;

export const LeaderboardRow = Type.Object({
  /** Rank by the sort metric among competitors that have it; null for reference rows and absent scores. */
  rank: Nullable(Type.Integer()),
  role: Type.Enum(['model', 'it', 'null']),
  label: Type.String(),
  sentence: Nullable(Type.String()),
  owner: Type.String(),
  name: Type.String(),
  kind: Type.String(),
  activationsSupplied: Type.Boolean(),
  digest: Digest,
  runId: Uuid,
  status: RunStatus,
  failure: Nullable(RunFailure),
  scoringVersion: Nullable(Type.Integer({ description: 'of the scores; null where there are none' })),
  struckReason: Nullable(StruckReason),
  scores: Type.Array(Score),
  /** Mean solution times, ms, for the sparkline: null where none. */
  controlMs: Nullable(Type.Number()),
  challengeMs: Nullable(Type.Number()),
  scoredAt: Nullable(Timestamp),
});
export type LeaderboardRow = Static<typeof LeaderboardRow>;

export const Leaderboard = Type.Object({
  benchmark: Type.String(),
  sortMetric: Type.String(),
  scoringVersion: Type.Integer({ description: 'of all rows that are not struck through' }),
  rows: Type.Array(LeaderboardRow),
  generatedAt: Timestamp,
});
export type Leaderboard = Static<typeof Leaderboard>;

export const ModelSummary = Type.Object({
  owner: Type.String(),
  name: Type.String(),
  kind: Type.String(),
  description: Nullable(Type.String()),
  latestDigest: Digest,
  versions: Type.Integer(),
  createdAt: Timestamp,
});
export type ModelSummary = Static<typeof ModelSummary>;

export const ModelView = Type.Object({
  owner: Type.String(),
  name: Type.String(),
  versions: Type.Array(ModelVersionView, { description: 'the newest, at most 200, with 8 MiB of manifests' }),
  runs: Type.Array(RunView, { description: 'the newest, at most 200' }),
});
export type ModelView = Static<typeof ModelView>;

export const SeriesList = Type.Object({ runId: Uuid, series: Type.Array(Series) });

/** Canonical JSON that ties a score to what made it. */
export const Receipt = Type.Object({
  runId: Uuid,
  model: Type.Object({ owner: Type.String(), name: Type.String(), digest: Digest }),
  benchmark: Type.String(),
  benchmarkDigest: Digest,
  stimulusSetDigest: Digest,
  activations: Type.Record(Type.String(), Type.String(), { description: 'region -> activations key' }),
  versions: Type.Record(Type.String(), Type.String(), { description: 'corescore, engine, node' }),
  engine: Type.String(),
  provider: Type.String(),
  seeds: Type.Record(Type.String(), Type.Unknown()),
  scoringVersion: Type.Integer(),
  scores: Type.Array(Score),
});
export type Receipt = Static<typeof Receipt>;

export const TokenRequest = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, pattern: NO_NUL, description: 'what it is for' }),
    owner: Slug,
    scopes: Type.Array(Scope, { minItems: 1, maxItems: 3 }),
    expiresAt: Type.Optional({
      ...Timestamp,
      description: 'in the future; without it, the token is valid until revoked',
    }),
  },
  { additionalProperties: false },
);

export const page = <T extends Type.TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: Nullable(Type.String()) });
