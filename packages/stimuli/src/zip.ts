import { basename } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { openZip, type Zip } from '@corescore/formats';

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
  const zip = await openZip(
    path,
    (why, _, cause) =>
      new CorescoreError('file_format', `${basename(path)} ${why}.`, {
        field: basename(path),
        remedy: 'Make the archive again with an ordinary zip tool, image files only.',
        cause,
      }),
  );
  return {
    async read(name) {
      const member = find(zip, name);
      if (member === undefined) {
        throw new CorescoreError('file_missing', `${basename(path)} has no file ${name}.`, {
          field: name,
          remedy: 'Put every image that the table names into the archive, under that name.',
        });
      }
      if (zip.bytesOf(member) > LARGEST_ENTRY_BYTES) {
        throw new CorescoreError('file_format', `${name} in ${basename(path)} is over 64 MiB.`, { field: name });
      }
      const chunks: Buffer[] = [];
      for await (const chunk of zip.chunks(member)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    close: () => zip.close(),
  };
}

/** By its name, or by its last part where the archive keeps all files in one folder. */
function find(zip: Zip, name: string): string | undefined {
  if (zip.has(name)) return name;
  const below = zip.names.filter((other) => other.endsWith(`/${name}`));
  return below.length === 1 ? below[0] : undefined;
}
