import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/**
 * Runs `write` on a temporary sibling and renames it to `path` when it succeeds: a reader sees the whole file or none.
 * The temporary file is removed when `write` throws.
 */
export async function writeAtomically(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
  const handle = await open(partial, 'wx');
  try {
    await write(handle);
    await handle.datasync();
    await handle.close();
    await rename(partial, path);
  } catch (error) {
    await handle.close();
    await rm(partial, { force: true });
    throw error;
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
