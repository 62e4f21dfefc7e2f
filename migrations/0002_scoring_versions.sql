-- Scores are comparable within one scoring version (docs/scoring-versions.md). A run that was scored by an older one is
-- scored again by a new run, which supersedes it once it is scored; both belong to the submission that asked for them.

ALTER TABLE runs
  -- Of the scores; of a run that supersedes, the version that it was made for.
  ADD COLUMN scoring_version integer,
  ADD COLUMN supersedes uuid REFERENCES runs (id),
  -- Why an outdated run is not scored again; a worker looks anew when it starts.
  ADD COLUMN not_rescored text;

UPDATE runs SET scoring_version = 1 WHERE status = 'scored';

ALTER TABLE runs
  ADD CHECK (status <> 'scored' OR scoring_version IS NOT NULL),
  ADD CHECK (supersedes IS NULL OR scoring_version IS NOT NULL);

CREATE INDEX runs_superseding ON runs (supersedes) WHERE supersedes IS NOT NULL;
-- Two workers that start at once score a run again once.
CREATE UNIQUE INDEX runs_rescored_once ON runs (supersedes, scoring_version)
  WHERE supersedes IS NOT NULL AND status NOT IN ('failed', 'cancelled');
CREATE INDEX runs_outdated ON runs (scoring_version, submission_id) WHERE status = 'scored';
