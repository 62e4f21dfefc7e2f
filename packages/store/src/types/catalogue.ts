import type {
  BenchmarkDefinition,
  BenchmarkView,
  ImageResults,
  LeaderboardRow,
  ModelSummary,
  ModelVersionView,
  ModelView,
  Receipt,
  RunView,
  Scope,
  Score,
  ScoreReport,
  Series,
  SubmissionView,
  TokenView,
} from '@corescore/contracts';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}
export interface PageRequest {
  limit: number;
  cursor?: string;
}

export interface Identified {
  id: string;
  owner: string;
  scopes: Scope[];
}

export interface Tokens {
  /** `secret` is shown here and never again: only its SHA-256 is kept. */
  create(token: {
    name: string;
    owner: string;
    scopes: readonly Scope[];
    /** ISO 8601; absent: valid until it is revoked. */
    expiresAt?: string | null;
  }): Promise<{ token: TokenView; secret: string }>;
  /**
   * null for an unknown or revoked secret. Marks the token as used, at most once a minute.
   * @throws CorescoreError `token_expired`
   */
  verify(secret: string): Promise<Identified | null>;
  /** Newest first. */
  list(): Promise<TokenView[]>;
  /**
   * null where there is no such token; revoking twice changes nothing.
   * @throws CorescoreError `last_admin_token` where no valid token with the scope admin would be left
   */
  revoke(id: string): Promise<TokenView | null>;
  /**
   * Makes sure that the file at `path` holds the secret of a valid token: creates an admin token of owner `local` and
   * writes it (mode 0600) where the file is absent or its token is not valid here.
   */
  ensureLocalToken(path: string): Promise<{ created: boolean }>;
}

/** A model version with what only the service needs. */
export interface StoredModelVersion extends ModelVersionView {
  id: string;
  /** Digest over graph and weights; null for supplied activations. */
  semanticDigest: string | null;
  /** For supplied activations: the set they are for. */
  stimulusSetDigest: string | null;
}

export interface NewModelVersion {
  owner: string;
  name: string;
  digest: string;
  /** Any manifest; its `kind` and `description` are columns. */
  manifest: { kind: string; description?: string };
  files: readonly { path: string; digest: string; bytes: number }[];
  temporal: boolean;
  parameters: number | null;
  semanticDigest: string | null;
  stimulusSetDigest?: string | null;
  /** Id of the token it was uploaded with. */
  tokenId?: string | null;
}

export interface Models {
  /** Idempotent: the same digest under the same owner and name is the version that is there. */
  createVersion(version: NewModelVersion): Promise<{ version: ModelVersionView; created: boolean }>;
  /**
   * The version with this digest. Two owners may have uploaded the same files: `preferOwner`'s is taken where there is
   * one, and the oldest otherwise.
   */
  version(digest: string, preferOwner?: string): Promise<StoredModelVersion | null>;
  /** A model, its newest versions (at most 200, with at most 8 MiB of manifests) and runs (at most 200), newest first. */
  view(owner: string, name: string): Promise<ModelView | null>;
  /** By creation, newest first. */
  list(page: PageRequest): Promise<Page<ModelSummary>>;
}

export interface NewSubmission {
  /** Owner of the token; the idempotency key is theirs. */
  owner: string;
  tokenId: string | null;
  idempotencyKey?: string | null;
  /** SHA-256 of the canonical body: the same key with another body is a conflict. */
  bodyDigest: string;
  modelVersion: string;
  /** Whose upload is meant where several owners have it; default: `owner`. */
  modelOwner?: string;
  /** `id@version`, or `id` for its newest active version. */
  benchmarks: readonly string[];
}

export interface Submissions {
  /**
   * One transaction: the submission and one queued run a benchmark. `created` is false where the key was seen before
   * with the same body; the runs need no job then.
   * @throws CorescoreError `idempotency_conflict`, `unknown_model`, `unknown_benchmark`
   */
  create(submission: NewSubmission): Promise<{ submission: SubmissionView; created: boolean }>;
  view(id: string): Promise<SubmissionView | null>;
}

export interface StimulusSetRow {
  identifier: string;
  digest: string;
  /** Sorted by code unit. */
  ids: string[];
}

export interface Benchmarks {
  /**
   * Idempotent. `definition.digest` stands for what is measured; a text may be reworded under the same digest.
   * @throws CorescoreError `configuration` when another digest is registered under the same id and version
   */
  register(definition: BenchmarkDefinition, stimulusIds: readonly string[]): Promise<BenchmarkView>;
  /** `id@version`, or `id` for its newest active version. */
  resolve(ref: string): Promise<BenchmarkView | null>;
  /** Active ones, newest version first within an id. */
  list(): Promise<BenchmarkView[]>;
  /** By digest, or by identifier (the newest of that name). */
  stimulusSet(identifierOrDigest: string): Promise<StimulusSetRow | null>;
}

/** What scored runs found; null for a run that is not scored. */
export interface Results {
  report(runId: string): Promise<ScoreReport | null>;
  series(runId: string): Promise<Series[] | null>;
  images(runId: string): Promise<ImageResults | null>;
  receipt(runId: string): Promise<Receipt | null>;
  /**
   * One row a model: its newest scored run, or else its newest. Ranked, reference rows among them without a rank; what was
   * scored by an older version, and not again since, is struck through and stands below. A row has its score of the sort
   * metric alone: `scores` brings the others, for some rows at a time.
   */
  leaderboard(benchmarkRef: string): Promise<LeaderboardRow[]>;
  /** All scores of some runs, by run, in the order of the report. */
  scores(runIds: readonly string[]): Promise<Map<string, Score[]>>;
  /** `metric/subset/region` of all scores of the runs, in the order of their reports. */
  scoreKeys(runIds: readonly string[]): Promise<string[]>;
  /** Any text that is another one once the board would show something else; cheap. `benchmarkRef` is `id@version`. */
  boardVersion(benchmarkRef: string): Promise<string>;
  /** The newest scored run of a model on a benchmark; null where there is none. */
  latestScored(benchmarkRef: string, owner: string, name: string): Promise<RunView | null>;
  /** The run itself, or the newest that has scored it again; null where none of them is scored. */
  latestOf(runId: string): Promise<RunView | null>;
}
