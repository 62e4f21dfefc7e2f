import { crc32 } from 'node:zlib';
import type { CorescoreError } from '@corescore/contracts';
import { type Entry, getFileNameLowLevel, openPromise, validateFileName, type ZipFile } from 'yauzl';

/** More than any archive of arrays or images needs; a list of millions of names would fill the memory. */
const MOST_MEMBERS = 100_000;

/** What is wrong with an archive: a name that leaves it, or anything else. */
export type ZipFault = 'path' | 'format';

/** Turns what is wrong into the error of whoever reads the archive. `why` continues "the archive ...". */
export type ZipRefusal = (why: string, fault: ZipFault, cause?: unknown) => CorescoreError;

/** A zip archive (ZIP64 too), listed and never unpacked as a whole. */
export interface Zip {
  /** Names of its files, folders left out. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Size of a member when it is unpacked, bytes, as the archive declares it. */
  bytesOf(name: string): number;
  /**
   * The bytes of a member, unpacked. Never more than `bytesOf` says; their number and CRC-32 are checked, so the last
   * chunk is followed by an error where they are not those that were packed.
   */
  chunks(name: string): AsyncGenerator<Buffer>;
  /** Where in the archive's file the bytes of a member begin; null where they are compressed. */
  storedAt(name: string): Promise<number | null>;
  close(): void;
}

/**
 * Opens an archive and lists it. Refused: names that leave the archive (`..`, absolute, backslashes), two members of one
 * name, encrypted members, compression other than deflate.
 * @throws what `refuse` makes of it
 */
export async function openZip(path: string, refuse: ZipRefusal): Promise<Zip> {
  const told = (error: unknown) => refuse(`cannot be read (${(error as Error).message})`, 'format', error);
  const failing = <T>(act: () => Promise<T>): Promise<T> => act().catch((error) => Promise.reject(told(error)));
  // Names are decoded here: an unsafe one is an error of its own.
  const zip = await failing(() => openPromise(path, { autoClose: false, decodeStrings: false }));
  try {
    if (zip.entryCount > MOST_MEMBERS) throw refuse(`has ${zip.entryCount} members`, 'format');
    const members = index(await failing(() => entriesOf(zip)), refuse);
    const member = (name: string): Entry => {
      const entry = members.get(name);
      if (entry === undefined) throw new RangeError(`no member ${name}`);
      return entry;
    };
    return {
      names: [...members.keys()],
      has: (name) => members.has(name),
      bytesOf: (name) => member(name).uncompressedSize,
      async *chunks(name) {
        const entry = member(name);
        let sum = 0;
        const source = await failing(() => zip.openReadStreamPromise(entry));
        try {
          for await (const chunk of source) {
            sum = crc32(chunk as Buffer, sum);
            yield chunk as Buffer;
          }
        } catch (error) {
          throw told(error);
        }
        if (sum !== entry.crc32) throw refuse(`is damaged: the CRC-32 of ${name} is not that of its bytes`, 'format');
      },
      async storedAt(name) {
        const entry = member(name);
        if (entry.compressionMethod !== 0) return null;
        return (await failing(() => zip.readLocalFileHeaderPromise(entry, { minimal: true }))).fileDataStart;
      },
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  return entries;
}

/** The files by name, each fit to be read. */
function index(entries: readonly Entry[], refuse: ZipRefusal): Map<string, Entry> {
  const members = new Map<string, Entry>();
  for (const entry of entries) {
    const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
    if (validateFileName(name) !== null || name.includes('\0')) {
      throw refuse(`has a member named ${JSON.stringify(name.slice(0, 200))}`, 'path');
    }
    if (name.endsWith('/')) continue;
    if (members.has(name)) throw refuse(`has two files ${name}`, 'format');
    if (entry.isEncrypted()) throw refuse(`is encrypted (${name})`, 'format');
    if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
      throw refuse(
        `packs ${name} by method ${entry.compressionMethod}; stored and deflated members are read`,
        'format',
      );
    }
    members.set(name, entry);
  }
  return members;
}
