import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CorescoreError, formatBytes } from '@corescore/contracts';

/** Free bytes for an ordinary user on the disk of `path`, or of the nearest folder above it that is there. */
export async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path) throw error;
    return freeBytes(above);
  }
}

const FREE =
  'The operator frees space on the disk of CORESCORE_HOME (what lies in its folder activations may be deleted at any ' +
  'time and is computed again when it is needed), or lowers CORESCORE_DISK_RESERVE_BYTES.';

/** The disk is full, or will be, in words. */
export const diskFull = (detail: string, cause?: unknown): CorescoreError =>
  new CorescoreError('disk_full', detail, { remedy: FREE, ...(cause === undefined ? {} : { cause }) });

/**
 * Whether `bytes` more fit on the disk of `home` without touching the reserve.
 * @throws CorescoreError `disk_full` where they do not
 */
export async function checkRoom(home: string, reserveBytes: number, bytes = 0): Promise<void> {
  const free = await freeBytes(home);
  if (free - bytes >= reserveBytes) return;
  const asked = bytes === 0 ? '' : `, ${formatBytes(bytes)} are asked for`;
  throw diskFull(
    `The disk of the service has ${formatBytes(free)} free${asked}, and ${formatBytes(reserveBytes)} are kept in reserve.`,
  );
}

/** Of the system, a quota, and Postgres (SQLSTATE 53100). */
const CODES = new Set(['ENOSPC', 'EDQUOT', '53100', 'disk_full']);
const WORDS = /no space left on device|disk quota exceeded/i;

/** Whether an error, or one that caused it, says that a disk is full. */
export function isDiskFull(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (CODES.has((at as Error & { code?: string }).code ?? '') || WORDS.test(at.message)) return true;
  }
  return false;
}
