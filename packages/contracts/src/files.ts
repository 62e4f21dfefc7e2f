/** Files that are whole or not there, and stay over a power cut: the one way to write what is kept. Node only. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Some file systems (FUSE, network) cannot flush a folder; they keep renames in their own way. */
const CANNOT_FLUSH_FOLDERS = new Set(['EINVAL', 'ENOTSUP']);

/** Puts a folder's list of names on disk: a rename into it is kept over a power cut from then on. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (!CANNOT_FLUSH_FOLDERS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await folder.close();
  }
}

/** Makes a folder and those above it, each kept over a power cut; nothing where it is there. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  const top = dirname(resolve(first));
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === top) return;
  }
}

/**
 * Gives a finished file its name: bytes on disk first, then the rename, then the folder. What stood under the name is
 * replaced. Once it returns, the file outlives a power cut; until then, there is what was there before.
 */
export async function publishFile(from: string, to: string): Promise<void> {
  const handle = await open(from, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Gives a finished folder, whose files are on disk, its name, in the place of what stood there. */
export async function publishFolder(from: string, to: string): Promise<void> {
  await syncFolder(from);
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
  await syncFolder(dirname(to));
}

/**
 * Writes a file beside its place and publishes it: a reader sees the whole file, old or new, or none. When `content`
 * throws, nothing is left behind.
 * @param content the bytes, or what writes them to the open file
 * @param mode permissions; default: as the process makes files
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array | ((handle: FileHandle) => Promise<void>),
  mode = 0o666,
): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
  const handle = await open(partial, 'wx', mode);
  try {
    if (typeof content === 'function') await content(handle);
    else await handle.writeFile(content);
    await handle.close();
    await publishFile(partial, path);
  } catch (error) {
    await handle.close();
    await rm(partial, { force: true });
    throw error;
  }
}

/** Removes what killed processes have left in a folder of temporary ones: all that was last changed `olderThanMs` ago. */
export async function sweepFolder(folder: string, olderThanMs: number, now: Date): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found === null || now.getTime() - found.mtimeMs < olderThanMs) continue;
    await rm(path, { recursive: true, force: true });
  }
}

/** Writes all of `bytes` at `position`; `write` alone may stop early, and refuses more than 2 GiB at once. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  const most = 1 << 30;
  let at = 0;
  while (at < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, at, Math.min(bytes.byteLength - at, most), position + at);
    at += bytesWritten;
  }
}

/** Fills `into` from `position`. Returns the number of bytes there were, fewer than asked for at the end of the file. */
export async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<number> {
  const most = 1 << 30;
  let at = 0;
  while (at < into.byteLength) {
    const { bytesRead } = await handle.read(into, at, Math.min(into.byteLength - at, most), position + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}
