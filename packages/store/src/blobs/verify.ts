import { createHash } from 'node:crypto';
import { constants, copyFile, type FileHandle, open, rm, stat } from 'node:fs/promises';
import { CorescoreError } from '@corescore/contracts';
import { digestOfFile } from '@corescore/contracts/sealed';
import type { StoredFile } from '../types.js';

const BLOCK_BYTES = 1 << 20;

/** What is wrong with a stored file, in words that go on from its name. */
export const WRONG = {
  gone: 'is gone',
  size: (is: number, was: number) => `has ${is} bytes, and ${was} were uploaded`,
  digest: 'has other bytes than were uploaded',
  unreadable: 'cannot be read: the disk fails',
} as const;

/**
 * Copies a stored file and verifies the copy: a clone, where the file system makes those, is hashed once it is ours; else
 * each block is hashed and written as it was read. So the bytes that were verified are those of the copy.
 * @param of owner and name of the model it belongs to
 * @throws CorescoreError `stored_file_damaged`; the copy is gone then
 */
export async function copyVerified(
  from: string,
  to: string,
  file: StoredFile,
  of: string,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  try {
    const { size } = await stat(from);
    if (size !== file.bytes) throw damaged(file, of, WRONG.size(size, file.bytes));
    const digest = (await clone(from, to)) ? await digestOfFile(to, signal) : await copyHashed(from, to, signal);
    if (digest !== file.digest) throw damaged(file, of, WRONG.digest);
  } catch (error) {
    await rm(to, { force: true });
    signal?.throwIfAborted();
    const why = (error as NodeJS.ErrnoException).path === to ? null : wrongWith(error);
    throw why === null ? error : damaged(file, of, why, error);
  }
}

/** What an error of the system says about the file itself; null where it says something else (disk full, no permission). */
export function wrongWith(error: unknown): string | null {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return WRONG.gone;
  return code === 'EIO' || code === 'EISDIR' ? WRONG.unreadable : null;
}

const clone = (from: string, to: string): Promise<boolean> =>
  copyFile(from, to, constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    () => false,
  );

async function copyHashed(from: string, to: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const source = await open(from, 'r');
  let target: FileHandle | undefined;
  try {
    target = await open(to, 'w', 0o600);
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await source.read(block, 0, BLOCK_BYTES, null);
      if (bytesRead === 0) return hash.digest('hex');
      const bytes = block.subarray(0, bytesRead);
      hash.update(bytes);
      await target.writeFile(bytes);
    }
  } finally {
    await source.close();
    await target?.close();
  }
}

function damaged({ path, digest }: StoredFile, of: string, why: string, cause?: unknown): CorescoreError {
  return new CorescoreError('stored_file_damaged', `The stored file ${path} of ${of} (SHA-256 ${digest}) ${why}.`, {
    field: path,
    remedy: `Nothing is wrong with the model. Upload ${of} again with the same files: that puts the bytes back, and the run begins again by itself. \`corescore doctor --verify\` looks at all stored files.`,
    cause,
  });
}
