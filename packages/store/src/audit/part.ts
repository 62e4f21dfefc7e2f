import type { Database } from '../postgres/database.js';
import type { AuditFinding } from '../types.js';

/** What changed since is left alone: an upload or an extraction may be about to tell the database of it. */
export const RECENT_MS = 60 * 60_000;

/** What the parts of an audit share. */
export interface Audit {
  database: Database;
  home: string;
  now: number;
  signal: AbortSignal | undefined;
  /** Bytes of a file that is being read. */
  reading(bytes: number): void;
  /** A file has been looked at, and read where that was needed. */
  looked(kind: AuditFinding['kind'], bytes: number): void;
  /** @param finding with its whole path */
  found(finding: AuditFinding): void;
}

/** Digests and keys begin with one of these: one folder, and one page of the database, each. */
export const PREFIXES = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
