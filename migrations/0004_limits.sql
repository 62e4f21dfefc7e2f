-- Limits that hold over all processes of a service, and the end of a token's life.

ALTER TABLE tokens ADD COLUMN expires_at timestamptz;

-- Columns as the limiter's library names them; `expire` is the end of the window, ms since 1970. Unlogged: written at
-- every request, and a count that a crash loses is worth no flush of the log.
CREATE UNLOGGED TABLE rate_limits (
  key    text PRIMARY KEY,
  points integer NOT NULL,
  expire bigint
);
CREATE INDEX rate_limits_by_end ON rate_limits (expire);

-- Event streams that are open. Renewed by the process that holds them, so that a killed one's are soon forgotten.
CREATE UNLOGGED TABLE open_streams (
  id         uuid PRIMARY KEY,
  address    text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX open_streams_by_address ON open_streams (address);

-- Resumable uploads that no version has taken yet, with the bytes that each may grow to.
CREATE TABLE open_uploads (
  id         uuid PRIMARY KEY,
  token_id   uuid NOT NULL REFERENCES tokens (id),
  bytes      bigint NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX open_uploads_by_token ON open_uploads (token_id);
