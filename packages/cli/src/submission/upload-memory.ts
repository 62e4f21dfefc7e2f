import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { UploadMemory } from '@corescore/client/node';
import { makeFolder, writeAtomically } from '@corescore/contracts/files';

const FILE = 'unfinished-uploads.json';
/** A service forgets an upload after a day; what is older is of no use. */
const LIFETIME_MS = 24 * 60 * 60_000;

interface Entry {
  id: string;
  at: string;
}

/**
 * Remembers uploads under way in a small file of `home`, so that a command that is started again goes on with them. An
 * upload belongs to the service, the file's path, its size and its time of change. Losing the file costs an upload, no
 * more, so whatever is wrong with it is passed over.
 */
export function uploadMemory(home: string, now: () => Date): UploadMemory {
  const path = join(home, FILE);
  const read = async (): Promise<Record<string, Entry>> => {
    const value: unknown = await readFile(path, 'utf8')
      .then(JSON.parse)
      .catch(() => ({}));
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return Object.fromEntries(
      entries.filter(([, entry]) => now().getTime() - Date.parse((entry as Entry | null)?.at ?? '') < LIFETIME_MS),
    );
  };
  const change = async (edit: (entries: Record<string, Entry>) => void): Promise<void> => {
    const entries = await read();
    edit(entries);
    try {
      await makeFolder(home);
      await writeAtomically(path, `${JSON.stringify(entries, null, 2)}\n`);
    } catch {
      // A folder that cannot be written: the upload goes on, and would begin anew after a stop.
    }
  };
  const keyOf = async (url: string, file: string): Promise<string> => {
    const { size, mtimeMs } = await stat(file);
    return createHash('sha256')
      .update([url, resolve(file), size, mtimeMs].join('\n'))
      .digest('hex');
  };
  return {
    recall: async ({ url }, file) => (await read())[await keyOf(url, file)]?.id,
    async remember({ url }, file, id) {
      const key = await keyOf(url, file);
      await change((entries) => {
        entries[key] = { id, at: now().toISOString() };
      });
    },
    async forget({ url }, file) {
      const key = await keyOf(url, file);
      await change((entries) => {
        delete entries[key];
      });
    },
  };
}
