import { join, relative } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import type { Database } from '../postgres/database.js';
import type { AuditFinding, AuditOptions, AuditReport, AuditTally } from '../types.js';
import { auditBlobs } from './blobs.js';
import { auditActivations, auditImages } from './derived.js';
import type { Audit } from './part.js';
import { filesBelow } from './walk.js';

/** So many findings are listed; more are counted. */
const LISTED = 10_000;
const empty = (): AuditTally => ({ files: 0, bytes: 0, missing: 0, damaged: 0, orphaned: 0, orphanedBytes: 0 });

/**
 * Reads every blob and every derived file below `home` and holds it against the database. Nothing is changed; a service
 * may run meanwhile. One block of a file and one 256th of the lists are in memory at a time.
 */
export async function audit(database: Database, home: string, options: AuditOptions): Promise<AuditReport> {
  const { onProgress = () => undefined, signal } = options;
  const report: AuditReport = { ok: true, blobs: empty(), derived: empty(), findings: [], findingsLeftOut: 0 };
  const tallyOf = (kind: AuditFinding['kind']) => (kind === 'blob' ? report.blobs : report.derived);
  await requireTables(database);
  let total = 0;
  for (const folder of ['blobs', 'activations', 'stimuli']) {
    for await (const file of filesBelow(join(home, folder))) total += file.bytes;
  }
  let done = 0;
  let within = 0;
  const part: Audit = {
    database,
    home,
    now: Date.now(),
    signal,
    reading(bytes) {
      within += bytes;
      onProgress(Math.min(done + within, total), total);
    },
    looked(kind, bytes) {
      signal?.throwIfAborted();
      const tally = tallyOf(kind);
      tally.files += 1;
      tally.bytes += bytes;
      done += bytes;
      within = 0;
      onProgress(Math.min(done, total), total);
    },
    found(finding) {
      const tally = tallyOf(finding.kind);
      tally[finding.state] += 1;
      if (finding.state === 'orphaned') tally.orphanedBytes += finding.bytes ?? 0;
      else if (finding.kind === 'blob') report.ok = false;
      if (report.findings.length < LISTED) report.findings.push({ ...finding, path: relative(home, finding.path) });
      else report.findingsLeftOut += 1;
    },
  };
  await auditBlobs(part);
  await auditActivations(part);
  await auditImages(part);
  onProgress(total, total);
  return report;
}

async function requireTables(database: Database): Promise<void> {
  const [row] = await database.query<{ there: boolean }>(
    `SELECT to_regclass('model_versions') IS NOT NULL AND to_regclass('extractions') IS NOT NULL AS there`,
  );
  if (row!.there) return;
  throw new CorescoreError('configuration', 'The database has none of corescore’s tables.', {
    field: 'DATABASE_URL',
    remedy: 'Name the database that the service uses; a service that never started has stored nothing.',
  });
}
