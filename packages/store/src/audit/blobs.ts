import { join } from 'node:path';
import { digestOfFile } from '@corescore/contracts/sealed';
import { WRONG, wrongWith } from '../blobs/verify.js';
import { type Audit, PREFIXES, RECENT_MS } from './part.js';
import { entriesOf, fileAt } from './walk.js';

/** Owner of the models that ship with the project, which every start uploads again. */
const SEED_OWNER = 'corescore';
/** Versions that a finding names. */
const NAMED = 3;

interface Known {
  digest: string;
  bytes: string;
  used_by: string[];
}

/** Every blob that a version needs, and every file among the blobs that none does. */
export async function auditBlobs(audit: Audit): Promise<void> {
  const root = join(audit.home, 'blobs');
  for (const prefix of PREFIXES) {
    const known = await audit.database.query<Known>(
      `SELECT file->>'digest' AS digest, max((file->>'bytes')::bigint) AS bytes,
         (array_agg(DISTINCT m.owner || '/' || m.name || ', ' || (file->>'path')))[1:${NAMED}] AS used_by
       FROM model_versions v JOIN models m ON m.id = v.model_id, jsonb_array_elements(v.files) AS file
       WHERE left(file->>'digest', 2) = $1 GROUP BY 1 ORDER BY 1`,
      [prefix],
    );
    for (const one of known) await auditBlob(audit, join(root, prefix, one.digest), one);
    const digests = new Set(known.map(({ digest }) => digest));
    for await (const { name } of entriesOf(join(root, prefix))) {
      if (!digests.has(name)) await orphan(audit, join(root, prefix, name));
    }
  }
  const folders = new Set(PREFIXES);
  for await (const { name } of entriesOf(root)) if (!folders.has(name)) await orphan(audit, join(root, name));
}

async function auditBlob(audit: Audit, path: string, { digest, bytes, used_by }: Known): Promise<void> {
  const expectedBytes = Number(bytes);
  const file = await fileAt(path);
  const why = await wrong(audit, path, digest, file?.bytes ?? null, expectedBytes);
  audit.looked('blob', file?.bytes ?? 0);
  if (why === null) return;
  const models = [...new Set(used_by.map((use) => use.split(', ')[0]!))];
  const remedy = models.some((model) => model.startsWith(`${SEED_OWNER}/`))
    ? 'Start the service again: it uploads the bundled models, which puts the bytes back.'
    : `Upload ${models.join(' or ')} again with the same files: that puts the bytes back, and queues the runs again that failed for want of them.`;
  audit.found({
    ...{ kind: 'blob', state: file === null ? 'missing' : 'damaged', path, bytes: file?.bytes ?? null, expectedBytes },
    ...{ detail: `It ${why}.`, usedBy: used_by, remedy },
  });
}

async function wrong(
  { signal, reading }: Audit,
  path: string,
  digest: string,
  bytes: number | null,
  expected: number,
): Promise<string | null> {
  if (bytes === null) return WRONG.gone;
  if (bytes !== expected) return WRONG.size(bytes, expected);
  try {
    return (await digestOfFile(path, signal, reading)) === digest ? null : WRONG.digest;
  } catch (error) {
    signal?.throwIfAborted();
    const why = wrongWith(error);
    if (why === null) throw error;
    return why;
  }
}

async function orphan(audit: Audit, path: string): Promise<void> {
  const file = await fileAt(path);
  if (file === null) return;
  audit.looked('blob', file.bytes);
  if (audit.now - file.changedMs < RECENT_MS) return;
  audit.found({
    ...{ kind: 'blob', state: 'orphaned', path, bytes: file.bytes, expectedBytes: null },
    ...{ detail: 'No model version needs it.', usedBy: [], remedy: 'It may be deleted.' },
  });
}
