/** Something that is not as the database says, or that the database does not know. */
export interface AuditFinding {
  /** `blob`: what people sent. `derived`: what was computed from it, and is made anew where it is needed. */
  kind: 'blob' | 'derived';
  state: 'missing' | 'damaged' | 'orphaned';
  /** Below the home folder. */
  path: string;
  /** On disk; null where nothing is. */
  bytes: number | null;
  /** As the database says; null where it does not know. */
  expectedBytes: number | null;
  /** What is wrong with it, in words. */
  detail: string;
  /** `owner/name, file` of some of the versions that need it. */
  usedBy: string[];
  remedy: string;
}

export interface AuditTally {
  /** Files that were looked at, those that should be there included. */
  files: number;
  /** On disk. */
  bytes: number;
  missing: number;
  damaged: number;
  orphaned: number;
  /** What removing the orphaned ones would free. */
  orphanedBytes: number;
}

export interface AuditReport {
  /** Whether all that people sent is there, whole. Derived data can always be made anew. */
  ok: boolean;
  blobs: AuditTally;
  derived: AuditTally;
  findings: AuditFinding[];
  /** Findings that are counted above and not listed, since a list must end somewhere. */
  findingsLeftOut: number;
}

export interface AuditOptions {
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}
