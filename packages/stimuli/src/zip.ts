import { basename } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { type Entry, openPromise, type ZipFile } from 'yauzl';

/** An image file is far smaller; a zip bomb is not. */
const LARGEST_ENTRY_BYTES = 64 << 20;

/** The files of a zip archive, read in memory, never extracted. */
export interface Archive {
  /** @throws CorescoreError `file_missing`, `file_format` */
  read(name: string): Promise<Buffer>;
  close(): void;
}

/**
 * Opens an archive and lists it. Names that leave the archive (`..`, absolute paths, backslashes) are refused.
 * @throws CorescoreError `file_format`
 */
export async function openArchive(path: string): Promise<Archive> {
  const zip = await failing(path, () => openPromise(path, { autoClose: false, strictFileNames: true }));
  const entries = new Map<string, Entry>();
  try {
    await failing(path, async () => {
      for await (const entry of zip.eachEntry()) {
        if (entry.fileName.endsWith('/')) continue;
        if (entries.has(entry.fileName)) throw new Error(`it has two files ${entry.fileName}`);
        entries.set(entry.fileName, entry);
      }
    });
  } catch (error) {
    zip.close();
    throw error;
  }
  return { read: (name) => readEntry(path, zip, entries, name), close: () => zip.close() };
}

async function readEntry(path: string, zip: ZipFile, entries: Map<string, Entry>, name: string): Promise<Buffer> {
  const entry = find(entries, name);
  if (entry === undefined) {
    throw new CorescoreError('file_missing', `${basename(path)} has no file ${name}.`, {
      field: name,
      remedy: 'Put every image that the table names into the archive, under that name.',
    });
  }
  if (entry.uncompressedSize > LARGEST_ENTRY_BYTES) {
    throw new CorescoreError('file_format', `${name} in ${basename(path)} is over 64 MiB.`, { field: name });
  }
  return failing(path, async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  });
}

/** By its name, or by its last part where the archive keeps all files in one folder. */
function find(entries: Map<string, Entry>, name: string): Entry | undefined {
  const exact = entries.get(name);
  if (exact !== undefined) return exact;
  const below = [...entries.values()].filter((entry) => entry.fileName.endsWith(`/${name}`));
  return below.length === 1 ? below[0] : undefined;
}

async function failing<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new CorescoreError('file_format', `${basename(path)} cannot be read: ${(error as Error).message}.`, {
      field: basename(path),
      remedy: 'Make the archive again with an ordinary zip tool, image files only.',
      cause: error,
    });
  }
}
