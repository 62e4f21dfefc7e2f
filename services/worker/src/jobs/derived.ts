import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type SealedState, sealedState, sealFile, stampOf } from '@corescore/contracts/sealed';
import type { ExtractionRow } from '@corescore/store';

/**
 * Activations that a stage reads, or was writing, were deleted, or are not those that were written. Nobody's fault, and
 * no end of the run: it makes them anew.
 */
export class DerivedLost extends Error {
  override readonly name = 'DerivedLost';
  constructor(
    readonly damaged: boolean,
    file: string,
  ) {
    super(
      damaged
        ? `The activations in ${file} are damaged; they are made anew.`
        : `The activations in ${file} were deleted; they are made anew.`,
    );
  }
}

/** A file that was computed, and may be deleted at any time. */
export interface DerivedFile {
  path: string;
  /** Bytes of its values, where they are known. */
  valueBytes?: number;
}

const FLOAT_BYTES = 4;
/** A .npy header with its padding takes less. */
const HEADER_BYTES = 4096;

export const filesOf = (extraction: ExtractionRow): DerivedFile[] =>
  Object.values(extraction.regions).map(({ path, steps, stimuli, features }) => ({
    path,
    valueBytes: steps * stimuli * features * FLOAT_BYTES,
  }));

/** Whether the file has the bytes that were written. Reads all of it. */
export async function stateOf({ path, valueBytes }: DerivedFile): Promise<Exclude<SealedState, 'unsealed'>> {
  const state = await sealedState(path);
  if (state !== 'unsealed') return state;
  // Left by a version that sealed nothing: its size is all that can be looked at, and from now on its bytes.
  const found = await stat(path).catch(() => null);
  if (found === null) return 'gone';
  const more = found.size - (valueBytes ?? Number.POSITIVE_INFINITY);
  if (more <= 0 || more > HEADER_BYTES) return 'damaged';
  await sealFile(path);
  return 'whole';
}

async function requireWhole(files: readonly DerivedFile[]): Promise<void> {
  for (const file of files) {
    const state = await stateOf(file);
    if (state !== 'whole') throw new DerivedLost(state === 'damaged', basename(file.path));
  }
}

/**
 * Lets `work` read derived files, verified before, and makes sure that it read what was verified: an error of work that
 * lost its files on the way is not its own.
 * @throws DerivedLost
 */
export async function withDerived<T>(
  files: readonly DerivedFile[],
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const stamps = await Promise.all(files.map(({ path }) => stampOf(path)));
  await requireWhole(files);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    if (!signal.aborted) await requireWhole(files);
    throw error;
  }
  for (const [i, file] of files.entries()) {
    const now = await stampOf(file.path);
    // Deleted by now: all had been read. Changed: read as it was, or as it is.
    if (now !== null && now !== stamps[i]) await requireWhole([file]);
  }
  return result;
}

/** Lets `work` write files into a folder of derived data, which somebody may delete meanwhile. @throws DerivedLost */
export async function writingDerived<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      const { code, path } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' && path?.startsWith(folder)) throw new DerivedLost(false, basename(path));
    }
    throw error;
  }
}
