import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CorescoreError, canonicalJson } from '@corescore/contracts';
import { npyHeaderBytes } from '@corescore/formats';
import { ATLAS_DIGEST } from './atlas.js';
import { generateSet } from './generate-set.js';
import type { GeneratedImage } from './render.js';
import { checkOptions, GENERATOR_VERSION, type GeneratorOptions } from './sets.js';
import { csvLine, tableRow } from './table.js';

/** `set.json`: what was asked for, and the sha256 of what was written. */
export interface SetDescription {
  generator: 'core-objects';
  version: number;
  atlas: string;
  set: string;
  seed: number;
  size: number;
  count: number;
  /** Of all pixels, image after image: the identity of the set. */
  pixels: string;
  files: Record<string, string>;
}

export interface WrittenSet {
  folder: string;
  /** uint8 [image][y][x] */
  imagesPath: string;
  /** One row an image. */
  tablePath: string;
  description: SetDescription;
  /** True where the folder was there already, whole. */
  cached: boolean;
}

const IMAGES = 'images.npy';
const TABLE = 'images.csv';

/**
 * Writes a set into a folder of its own under `to`, named by what the images depend on; a folder that is there and whole
 * is taken as it is. It appears whole or not at all.
 * @throws CorescoreError as `generateSet`, and `generator_option` where `to` cannot be written to
 */
export async function writeSet(
  options: GeneratorOptions & {
    to: string;
    signal?: AbortSignal;
    onProgress?: (done: number, count: number) => void;
  },
): Promise<WrittenSet> {
  const { to, signal, onProgress, ...asked } = options;
  const checked = checkOptions(asked);
  const key = { generator: 'core-objects', version: GENERATOR_VERSION, atlas: ATLAS_DIGEST, ...checked } as const;
  const digest = createHash('sha256').update(canonicalJson(key)).digest('hex').slice(0, 16);
  const name = `core-objects-${GENERATOR_VERSION}-${checked.set}-${digest}`;
  const folder = join(to, name);
  const result = (description: SetDescription, cached: boolean): WrittenSet => ({
    folder,
    imagesPath: join(folder, IMAGES),
    tablePath: join(folder, TABLE),
    description,
    cached,
  });
  const there = await readWhole(folder);
  if (there !== undefined) return result(there, true);

  const scratch = join(to, `.${name}-${randomUUID()}`);
  await makeFolder(scratch, to);
  try {
    const written = await writeFiles(scratch, checked, signal, onProgress);
    const description: SetDescription = { ...key, ...written };
    await writeFile(join(scratch, 'set.json'), `${JSON.stringify(description, null, 2)}\n`);
    // What lies there is damaged, or another process was faster and wrote the same.
    await rm(folder, { recursive: true, force: true });
    await rename(scratch, folder);
    return result(description, false);
  } catch (error) {
    const faster = await readWhole(folder);
    if (faster !== undefined && signal?.aborted !== true) return result(faster, true);
    throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function makeFolder(scratch: string, to: string): Promise<void> {
  try {
    await mkdir(scratch, { recursive: true });
  } catch (cause) {
    throw new CorescoreError('generator_option', `${to} cannot be written to: ${(cause as Error).message}.`, {
      field: 'to',
      remedy: 'Name a folder that you may write to.',
      cause,
    });
  }
}

async function writeFiles(
  folder: string,
  asked: Required<GeneratorOptions>,
  signal: AbortSignal | undefined,
  onProgress: ((done: number, count: number) => void) | undefined,
): Promise<Pick<SetDescription, 'pixels' | 'files'>> {
  const images = await openHashed(join(folder, IMAGES));
  const table = await openHashed(join(folder, TABLE));
  const pixels = createHash('sha256');
  try {
    await images.write(npyHeaderBytes('|u1', [asked.count, asked.size, asked.size]));
    let done = 0;
    for await (const image of generateSet(asked, signal)) {
      pixels.update(image.pixels);
      await images.write(image.pixels);
      await table.write(Buffer.from(lines(image, done === 0)));
      done++;
      onProgress?.(done, asked.count);
    }
    return {
      pixels: pixels.digest('hex'),
      files: { [IMAGES]: await images.end(), [TABLE]: await table.end() },
    };
  } finally {
    await images.close();
    await table.close();
  }
}

function lines(image: GeneratedImage, first: boolean): string {
  const row = tableRow(image);
  return (first ? csvLine(Object.keys(row)) : '') + csvLine(Object.values(row));
}

/** A file that is written front to back in blocks, and its digest. */
async function openHashed(path: string) {
  const handle: FileHandle = await open(path, 'w');
  const hash = createHash('sha256');
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  const flush = async () => {
    await handle.writeFile(Buffer.concat(waiting));
    [waiting, bytes] = [[], 0];
  };
  return {
    async write(block: Uint8Array): Promise<void> {
      hash.update(block);
      waiting.push(block);
      bytes += block.length;
      if (bytes > 4 << 20) await flush();
    },
    async end(): Promise<string> {
      await flush();
      await handle.sync();
      return hash.digest('hex');
    },
    close: () => handle.close(),
  };
}

/** The description of a folder all of whose files have the digests it names. */
async function readWhole(folder: string): Promise<SetDescription | undefined> {
  try {
    const description: SetDescription = JSON.parse(await readFile(join(folder, 'set.json'), 'utf8'));
    for (const [file, digest] of Object.entries(description.files)) {
      const hash = createHash('sha256');
      for await (const block of createReadStream(join(folder, file))) hash.update(block);
      if (hash.digest('hex') !== digest) return undefined;
    }
    return description;
  } catch {
    return undefined;
  }
}
