import type { FileHandle } from 'node:fs/promises';

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
