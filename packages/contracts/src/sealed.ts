/**
 * Sealed files: what was computed from other data and can be computed again. The SHA-256 of such a file stands beside it,
 * as `sha256sum` writes it, so that a file that was damaged is made anew and never read. Node only.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeAtomically } from './files.js';

const READ_BYTES = 1 << 20;
const SEAL = '.sha256';

/**
 * SHA-256 of a file's bytes, lower-case hexadecimal, with one block in memory.
 * @param onRead told the bytes of each block
 */
export async function digestOfFile(
  path: string,
  signal?: AbortSignal,
  onRead: (bytes: number) => void = () => undefined,
): Promise<string> {
  const hash = createHash('sha256');
  const options = { highWaterMark: READ_BYTES, ...(signal === undefined ? {} : { signal }) };
  for await (const chunk of createReadStream(path, options) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    onRead(chunk.length);
  }
  return hash.digest('hex');
}

/** The name of the file that holds a file's seal. */
export const sealOf = (path: string): string => `${path}${SEAL}`;
export const isSeal = (path: string): boolean => path.endsWith(SEAL);

/** Seals a file that was just written, as it is now. */
export async function sealFile(path: string): Promise<void> {
  await writeAtomically(sealOf(path), `${await digestOfFile(path)}  ${basename(path)}\n`);
}

/** `unsealed`: a file without a seal, as earlier versions left them; its bytes cannot be vouched for. */
export type SealedState = 'whole' | 'damaged' | 'gone' | 'unsealed';

/** Whether a file has the bytes that were sealed. Reads all of it. */
export async function sealedState(
  path: string,
  signal?: AbortSignal,
  onRead?: (bytes: number) => void,
): Promise<SealedState> {
  try {
    const seal = await readFile(sealOf(path), 'utf8').catch(orNull);
    if (seal === null) return (await stat(path).catch(orNull)) === null ? 'gone' : 'unsealed';
    return (await digestOfFile(path, signal, onRead)) === seal.slice(0, 64) ? 'whole' : 'damaged';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'gone';
    // A block that the disk cannot give, or a folder in the file's place.
    if (code === 'EIO' || code === 'EISDIR') return 'damaged';
    throw error;
  }
}

/** Removes a file and its seal, where they are there. */
export async function removeSealed(path: string): Promise<void> {
  await rm(sealOf(path), { force: true });
  await rm(path, { recursive: true, force: true });
}

function orNull(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

/** Changes whenever the file at `path` does, or another takes its place; null where none is there. */
export async function stampOf(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(orNull);
  return found === null ? null : `${found.ino} ${found.size} ${found.mtimeNs}`;
}
