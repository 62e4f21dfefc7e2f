import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const isGone = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Entries of a folder, one at a time; none where it is not there, or goes while it is read. */
export async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    for await (const entry of await opendir(folder)) yield entry;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

export interface FoundFile {
  path: string;
  bytes: number;
  /** When its bytes or its name last changed, ms. */
  changedMs: number;
}

/** A file's size and age; null where there is none. */
export async function fileAt(path: string): Promise<FoundFile | null> {
  try {
    const { size, mtimeMs, ctimeMs } = await stat(path);
    return { path, bytes: size, changedMs: Math.max(mtimeMs, ctimeMs) };
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** All files below a folder, one at a time. */
export async function* filesBelow(folder: string): AsyncGenerator<FoundFile> {
  for await (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else {
      const file = await fileAt(path);
      if (file !== null) yield file;
    }
  }
}
