import { basename, join } from 'node:path';
import { isSeal, sealedState } from '@corescore/contracts/sealed';
import type { ExtractionRow } from '../types.js';
import { type Audit, PREFIXES, RECENT_MS } from './part.js';
import { entriesOf, type FoundFile, fileAt, filesBelow } from './walk.js';

const MADE_ANEW = 'Nothing needs to be done: it is made anew when a run needs it.';

interface Row {
  key: string;
  status: string;
  regions: ExtractionRow['regions'] | null;
}

/** Activations: a folder an extraction, with the untrained twin's in a folder of its own. */
export async function auditActivations(audit: Audit): Promise<void> {
  const root = join(audit.home, 'activations');
  for (const prefix of PREFIXES) {
    const rows = await audit.database.query<Row>(
      'SELECT key, status, regions FROM extractions WHERE left(key, 2) = $1 ORDER BY key',
      [prefix],
    );
    const byKey = new Map(rows.map((row) => [row.key, row]));
    for (const { key, regions } of rows) {
      for (const { path } of Object.values(regions ?? {})) {
        await missing(audit, join(root, prefix, key, basename(path)));
      }
    }
    for await (const { name } of entriesOf(join(root, prefix))) {
      const status = byKey.get(name)?.status;
      if (status === 'running') continue;
      const folder = join(root, prefix, name);
      if (status === 'done') for await (const file of filesBelow(folder)) await whole(audit, file);
      else await orphans(audit, folder, 'No extraction that is done needs it.');
    }
  }
}

/** Decoded images: a file a stimulus set. */
export async function auditImages(audit: Audit): Promise<void> {
  const sets = await audit.database.query<{ digest: string }>('SELECT digest FROM stimulus_sets');
  const known = new Set(sets.map(({ digest }) => digest));
  const root = join(audit.home, 'stimuli');
  for await (const { name } of entriesOf(root)) {
    const path = join(root, name);
    if (!known.has(name.split('.')[0]!)) await orphans(audit, path, 'No stimulus set has these images.');
    else {
      const file = await fileAt(path);
      if (file !== null) await whole(audit, file);
    }
  }
}

async function missing(audit: Audit, path: string): Promise<void> {
  if ((await fileAt(path)) !== null) return;
  audit.looked('derived', 0);
  audit.found({
    ...{ kind: 'derived', state: 'missing', path, bytes: null, expectedBytes: null },
    ...{ detail: 'It is gone.', usedBy: [], remedy: MADE_ANEW },
  });
}

async function whole(audit: Audit, { path, bytes, changedMs }: FoundFile): Promise<void> {
  if (isSeal(path)) return audit.looked('derived', bytes);
  const isPartial = path.endsWith('.partial');
  const state = isPartial ? 'unsealed' : await sealedState(path, audit.signal, audit.reading);
  audit.looked('derived', bytes);
  const seen = { kind: 'derived' as const, path, bytes, expectedBytes: null, usedBy: [] };
  if (isPartial && audit.now - changedMs > RECENT_MS) {
    audit.found({ ...seen, state: 'orphaned', detail: 'It was never finished.', remedy: 'It may be deleted.' });
  } else if (state === 'damaged') {
    audit.found({ ...seen, state, detail: 'It has other bytes than were written.', remedy: MADE_ANEW });
  }
}

/** One finding for a file, or for a folder and all that is in it. */
async function orphans(audit: Audit, path: string, detail: string): Promise<void> {
  let bytes = 0;
  let changedMs = 0;
  const add = (file: FoundFile): void => {
    audit.looked('derived', file.bytes);
    bytes += file.bytes;
    changedMs = Math.max(changedMs, file.changedMs);
  };
  let isFolder = false;
  for await (const file of filesBelow(path)) {
    isFolder = true;
    add(file);
  }
  const file = isFolder ? null : await fileAt(path);
  if (file !== null && !isFolder) add(file);
  if (changedMs === 0 || audit.now - changedMs < RECENT_MS) return;
  audit.found({
    ...{ kind: 'derived', state: 'orphaned', path, bytes, expectedBytes: null },
    ...{ detail, usedBy: [], remedy: 'It may be deleted.' },
  });
}
