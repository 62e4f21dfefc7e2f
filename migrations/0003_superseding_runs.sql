-- A run of an older scoring version is scored again by a new run of the same submission, which supersedes it once it is
-- scored.

ALTER TABLE runs
  ADD COLUMN supersedes uuid REFERENCES runs (id),
  -- Why an outdated run is not scored again; a worker looks anew when it starts.
  ADD COLUMN not_rescored text,
  -- Of a run that supersedes, the version that it was made for.
  ADD CHECK (supersedes IS NULL OR scoring_version IS NOT NULL);

CREATE INDEX runs_superseding ON runs (supersedes) WHERE supersedes IS NOT NULL;
-- Two workers that start at once have a run scored again once.
CREATE UNIQUE INDEX runs_rescored_once ON runs (supersedes, scoring_version)
  WHERE supersedes IS NOT NULL AND status NOT IN ('failed', 'cancelled');
