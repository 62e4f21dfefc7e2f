import { type FileHandle, open, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { writeFully } from '@corescore/contracts/files';
import { openZip } from '../zip.js';
import type { NpyPlace } from './header.js';

/** An archive of arrays, as `numpy.savez` and `numpy.savez_compressed` write it. */
export interface Npz {
  /** Names of its arrays: `it` for the member `it.npy`. Other members are passed over. */
  readonly names: readonly string[];
  /**
   * Unpacks an array to a .npy file of its own; the file is whole or not there.
   * @throws CorescoreError `file_missing`, `not_npz` (damaged), `activations_too_large`
   */
  extract(name: string, toPath: string): Promise<void>;
  /** `extract` into an open, empty file. */
  write(name: string, to: FileHandle): Promise<void>;
  /**
   * Where in the archive an uncompressed array lies, as a .npy file would: first byte and length. Null where it is
   * compressed. Its CRC-32 has been checked.
   * @throws CorescoreError `file_missing`, `not_npz` (damaged)
   */
  locate(name: string): Promise<NpyPlace | null>;
  close(): void;
}

export interface NpzLimits {
  /** Limit of all that is unpacked from the archive, together. */
  maxBytes: number;
  /** The archive's name in errors; default: that of the file. */
  label?: string;
}

const SUFFIX = '.npy';
const SHOWN = 8;

/**
 * Opens an .npz archive and lists it.
 * @throws CorescoreError `not_npz` (no zip archive, damaged, encrypted), `path_refused` (a member's name leaves it)
 */
export async function openNpz(path: string, limits: NpzLimits): Promise<Npz> {
  const { label = basename(path) } = limits;
  const field = label;
  const zip = await openZip(path, (why, fault, cause) =>
    fault === 'path'
      ? new CorescoreError('path_refused', `${label} ${why}, which leaves the archive.`, {
          field,
          remedy: 'Name arrays plainly: numpy.savez(path, it=x).',
        })
      : new CorescoreError('not_npz', `${label} ${why}.`, {
          field,
          remedy: 'Write it with numpy.savez(path, it=x) or numpy.savez_compressed, and send it whole.',
          cause,
        }),
  );
  const names = zip.names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
  let left = limits.maxBytes;

  const member = (name: string): string => {
    if (names.includes(name)) return `${name}${SUFFIX}`;
    const some = names.slice(0, SHOWN).join(', ');
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
    throw new CorescoreError('file_missing', `${label} has no array "${name}".`, {
      field,
      remedy: names.length === 0 ? 'It has no arrays: numpy.savez(path, it=x).' : `It has ${some}${more}.`,
    });
  };

  const write = async (name: string, to: FileHandle): Promise<void> => {
    const of = member(name);
    // Before a byte is unpacked: the archive's own word bounds what its stream may give.
    const bytes = zip.bytesOf(of);
    if (bytes > left) {
      throw new CorescoreError(
        'activations_too_large',
        `The array "${name}" of ${label} has ${bytes} bytes unpacked; ${limits.maxBytes} are allowed.`,
        { field, remedy: 'Send float16, fewer steps or a pooled layer, or have the limit of the service raised.' },
      );
    }
    left -= bytes;
    let position = 0;
    for await (const chunk of zip.chunks(of)) {
      await writeFully(to, chunk, position);
      position += chunk.length;
    }
  };

  return {
    names,
    async extract(name, toPath) {
      const handle = await open(toPath, 'wx');
      try {
        await write(name, handle);
      } catch (error) {
        await rm(toPath, { force: true });
        throw error;
      } finally {
        await handle.close();
      }
    },
    write,
    async locate(name) {
      const of = member(name);
      const start = await zip.storedAt(of);
      if (start === null) return null;
      for await (const _ of zip.chunks(of));
      return { start, bytes: zip.bytesOf(of) };
    },
    close: () => zip.close(),
  };
}
