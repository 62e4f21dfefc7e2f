-- Scores are comparable within one scoring version (docs/scoring-versions.md); what was scored before it was kept is of
-- version 1.

ALTER TABLE runs ADD COLUMN scoring_version integer;
UPDATE runs SET scoring_version = 1 WHERE status = 'scored';
ALTER TABLE runs ADD CHECK (status <> 'scored' OR scoring_version IS NOT NULL);
CREATE INDEX runs_outdated ON runs (scoring_version, submission_id) WHERE status = 'scored';
