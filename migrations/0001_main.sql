-- The rows of the main job. Ids are UUIDv7, made by the service: they sort by creation time.
-- Applied inside the service's schema; names here are unqualified.

CREATE TABLE users (
  name       text PRIMARY KEY,
  created_at timestamptz NOT NULL
);

CREATE TABLE tokens (
  id           uuid PRIMARY KEY,
  name         text NOT NULL,
  owner        text NOT NULL REFERENCES users (name),
  scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0),
  -- SHA-256 of the secret. The secret is 256 random bits, so a slow hash would add nothing.
  secret_hash  bytea NOT NULL UNIQUE,
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at   timestamptz
);

CREATE TABLE models (
  id         uuid PRIMARY KEY,
  owner      text NOT NULL REFERENCES users (name),
  name       text NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (owner, name)
);

CREATE TABLE model_versions (
  id                  uuid PRIMARY KEY,
  model_id            uuid NOT NULL REFERENCES models (id),
  digest              text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  kind                text NOT NULL,
  description         text,
  -- Kept as text: jsonb would reorder the keys and a reader wants the manifest that was sent.
  manifest            json NOT NULL,
  temporal            boolean NOT NULL,
  parameters          bigint,
  semantic_digest     text,
  stimulus_set_digest text,
  files               jsonb NOT NULL,
  token_id            uuid REFERENCES tokens (id),
  created_at          timestamptz NOT NULL,
  UNIQUE (model_id, digest)
);
CREATE INDEX model_versions_by_digest ON model_versions (digest);

CREATE TABLE stimulus_sets (
  digest     text PRIMARY KEY,
  identifier text NOT NULL,
  ids        text[] NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE benchmarks (
  ref                 text PRIMARY KEY,
  id                  text NOT NULL,
  version             integer NOT NULL,
  digest              text NOT NULL,
  stimulus_set_digest text NOT NULL REFERENCES stimulus_sets (digest),
  definition          json NOT NULL,
  active              boolean NOT NULL DEFAULT true,
  created_at          timestamptz NOT NULL,
  UNIQUE (id, version)
);

-- Activations of one model for one stimulus set; runs that need the same ones share the row.
CREATE TABLE extractions (
  key              text PRIMARY KEY,
  status           text NOT NULL CHECK (status IN ('running', 'done', 'failed')),
  lease_holder     text,
  lease_expires_at timestamptz,
  engine           text,
  provider         text,
  regions          jsonb,
  stats            jsonb,
  failure          jsonb,
  created_at       timestamptz NOT NULL,
  ended_at         timestamptz,
  CHECK ((status = 'running') = (lease_holder IS NOT NULL AND lease_expires_at IS NOT NULL)),
  CHECK ((status = 'done') = (regions IS NOT NULL))
);

CREATE TABLE submissions (
  id               uuid PRIMARY KEY,
  owner            text NOT NULL REFERENCES users (name),
  token_id         uuid REFERENCES tokens (id),
  idempotency_key  text,
  body_digest      text NOT NULL,
  model_version_id uuid NOT NULL REFERENCES model_versions (id),
  created_at       timestamptz NOT NULL,
  UNIQUE (owner, idempotency_key)
);

CREATE TABLE runs (
  id               uuid PRIMARY KEY,
  submission_id    uuid NOT NULL REFERENCES submissions (id),
  model_version_id uuid NOT NULL REFERENCES model_versions (id),
  model_id         uuid NOT NULL REFERENCES models (id),
  benchmark_ref    text NOT NULL REFERENCES benchmarks (ref),
  status           text NOT NULL
                   CHECK (status IN ('queued', 'extracting', 'scoring', 'scored', 'failed', 'cancelled')),
  -- Grows with every retry and names the job; `retries` counts what infrastructure cost since a user last asked.
  attempt          integer NOT NULL DEFAULT 1,
  retries          integer NOT NULL DEFAULT 0,
  failure          jsonb,
  lease_holder     text,
  lease_expires_at timestamptz,
  -- Last holder, kept for the reader after the lease is gone.
  worker           text,
  progress         jsonb,
  engine           text,
  provider         text,
  extraction_key   text REFERENCES extractions (key),
  -- Key of the extraction that another run computes, while this one is queued for it.
  waiting_for      text,
  -- When a job for the present stage was last asked for; the sweeper offers it again after a while.
  offered_at       timestamptz NOT NULL,
  notes            text[] NOT NULL DEFAULT '{}',
  max_duality_gap  double precision,
  -- Mean solution times of the subsets, ms, for the board.
  control_ms       double precision,
  challenge_ms     double precision,
  created_at       timestamptz NOT NULL,
  queued_at        timestamptz NOT NULL,
  extracting_at    timestamptz,
  scoring_at       timestamptz,
  ended_at         timestamptz,
  CHECK ((lease_holder IS NULL) = (lease_expires_at IS NULL)),
  CHECK (lease_holder IS NULL OR status IN ('extracting', 'scoring')),
  CHECK (status <> 'extracting' OR lease_holder IS NOT NULL),
  CHECK ((status = 'failed') = (failure IS NOT NULL)),
  CHECK ((status IN ('scored', 'failed', 'cancelled')) = (ended_at IS NOT NULL))
);
CREATE INDEX runs_by_submission ON runs (submission_id);
CREATE INDEX runs_by_model ON runs (model_id, id DESC);
CREATE INDEX runs_by_benchmark ON runs (benchmark_ref, model_id);
CREATE INDEX runs_open ON runs (status, queued_at, id) WHERE ended_at IS NULL;
CREATE INDEX runs_waiting_for ON runs (waiting_for) WHERE waiting_for IS NOT NULL;

CREATE TABLE run_events (
  id      bigint GENERATED ALWAYS AS IDENTITY,
  run_id  uuid NOT NULL REFERENCES runs (id),
  at      timestamptz NOT NULL,
  type    text NOT NULL CHECK (type IN ('status', 'progress', 'log')),
  status  text NOT NULL,
  done    double precision,
  total   double precision,
  unit    text,
  message text,
  PRIMARY KEY (run_id, id)
);

-- `value` is null exactly when `reason` says why: absent is never 0.
CREATE TABLE scores (
  run_id   uuid NOT NULL REFERENCES runs (id),
  metric   text NOT NULL,
  subset   text NOT NULL,
  region   text NOT NULL,
  position integer NOT NULL,
  value    double precision CHECK (value <> 'NaN'),
  ceiled   double precision,
  ceiling  double precision,
  error    double precision,
  low      double precision,
  high     double precision,
  unit     text NOT NULL,
  n        integer NOT NULL,
  n_total  integer NOT NULL,
  reason   text,
  note     text,
  PRIMARY KEY (run_id, metric, subset, region),
  CHECK ((value IS NULL) = (reason IS NOT NULL))
);

CREATE TABLE series (
  run_id   uuid NOT NULL REFERENCES runs (id),
  name     text NOT NULL,
  subset   text NOT NULL,
  region   text NOT NULL,
  position integer NOT NULL,
  body     json NOT NULL,
  PRIMARY KEY (run_id, name, subset, region)
);

-- One row a run: arrays over the images of the stimulus set.
CREATE TABLE image_results (
  run_id uuid PRIMARY KEY REFERENCES runs (id),
  body   json NOT NULL
);

CREATE TABLE receipts (
  run_id uuid PRIMARY KEY REFERENCES runs (id),
  body   json NOT NULL
);

-- Who takes jobs, said every few seconds: readiness must not depend on which queue is used.
CREATE TABLE queue_workers (
  id      uuid PRIMARY KEY,
  queue   text NOT NULL,
  seen_at timestamptz NOT NULL
);
