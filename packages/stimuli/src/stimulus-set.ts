import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { readCsv } from '@corescore/formats';
import { decodeImage } from './decode.js';
import type { Pixels } from './pixels.js';
import type { Image } from './place.js';
import { openArchive } from './zip.js';

export interface Stimulus {
  id: string;
  /** Name of its file in the archive. */
  file: string;
  object: string;
  /** `all` where the table knows no bands. */
  subset: 'control' | 'challenge' | 'all';
  /** The whole row of the table. */
  metadata: Record<string, string>;
}

export interface StimulusSet {
  identifier: string;
  /** SHA-256 over the sorted (stimulus id, SHA-256 of pixels): CONTRACT, Identity. */
  digest: string;
  /** Degrees of visual angle that an image covers. */
  visualDegrees: number;
  /** Sorted by id, in code-unit order. */
  stimuli: Stimulus[];
}

/** Column names of BrainIO tables, newer ones first. */
const COLUMNS = {
  id: ['stimulus_id', 'image_id'],
  file: ['filename', 'image_file_name', 'image_path_within_store'],
  object: ['object_name', 'image_label', 'category_name'],
} as const;
const SUBSET_COLUMNS = ['band', 'subset'];

const DECODED_AT_ONCE = 8;
const MOST_BYTES = 2 ** 32;

/**
 * Reads a BrainIO stimulus set, a table (CSV) and an archive (zip) of images of one size.
 * @param options.visualDegrees degrees of visual angle at which the benchmark shows the images
 * @throws CorescoreError `file_format`, `file_missing`, `file_empty`, `stimulus_repeated`
 */
export async function loadStimulusSet(options: {
  identifier: string;
  csvPath: string;
  zipPath: string;
  visualDegrees: number;
}): Promise<{ set: StimulusSet; pixels: Pixels }> {
  const { identifier, csvPath, zipPath, visualDegrees } = options;
  const stimuli = stimuliOf(await readCsv(csvPath), basename(csvPath));
  const pixels = await decodeAll(stimuli, zipPath);
  return { set: { identifier, digest: digestOf(stimuli, pixels), visualDegrees, stimuli }, pixels };
}

function stimuliOf(rows: Record<string, string>[], table: string): Stimulus[] {
  if (rows.length === 0) throw new CorescoreError('file_empty', `${table} lists no stimuli.`, { field: table });
  const column = (names: readonly string[]): string => {
    const found = names.find((name) => name in rows[0]);
    if (found !== undefined) return found;
    throw new CorescoreError('file_format', `${table} has no column ${names[0]}.`, {
      field: names[0],
      remedy: `Add a column ${names.join(' or ')}; it has ${Object.keys(rows[0]).join(', ')}.`,
    });
  };
  const id = column(COLUMNS.id);
  const file = column(COLUMNS.file);
  const object = column(COLUMNS.object);
  const stimuli = rows.map((row, i): Stimulus => {
    // A line break in an id would make two sets of one digest.
    if (!/^[^\p{Cc}]+$/u.test(row[id])) {
      throw new CorescoreError('file_format', `Row ${i + 1} of ${table} has no usable ${id}.`, { field: id });
    }
    return { id: row[id], file: row[file], object: row[object], subset: subsetOf(row), metadata: row };
  });
  stimuli.sort((a, b) => (a.id < b.id ? -1 : 1));
  const repeated = stimuli.find((s, i) => s.id === stimuli[i + 1]?.id);
  if (repeated !== undefined) {
    throw new CorescoreError('stimulus_repeated', `${table} lists the stimulus ${repeated.id} twice.`, { field: id });
  }
  return stimuli;
}

function subsetOf(row: Record<string, string>): Stimulus['subset'] {
  const value = row[SUBSET_COLUMNS.find((name) => name in row) ?? ''];
  return value === 'control' || value === 'challenge' ? value : 'all';
}

async function decodeAll(stimuli: readonly Stimulus[], zipPath: string): Promise<Pixels> {
  const archive = await openArchive(zipPath);
  const pixels: Pixels = { n: stimuli.length, height: 0, width: 0, data: new Uint8Array(0) };
  try {
    for (let start = 0; start < stimuli.length; start += DECODED_AT_ONCE) {
      const batch = stimuli.slice(start, start + DECODED_AT_ONCE);
      const images = await Promise.all(batch.map(async (s) => decodeImage(await archive.read(s.file), s.file)));
      for (const [i, image] of images.entries()) {
        if (start + i === 0) allocate(pixels, image);
        requireSize(pixels, image, batch[i], stimuli[0]);
        pixels.data.set(image.data, (start + i) * image.data.length);
      }
    }
  } finally {
    archive.close();
  }
  return pixels;
}

function allocate(pixels: Pixels, { height, width }: Image): void {
  const bytes = pixels.n * height * width * 3;
  if (bytes > MOST_BYTES) {
    throw new CorescoreError('file_format', `The images take ${Math.ceil(bytes / 2 ** 30)} GiB decoded, over 4 GiB.`, {
      remedy: 'Split the stimulus set, or scale its images down.',
    });
  }
  pixels.height = height;
  pixels.width = width;
  pixels.data = new Uint8Array(bytes);
}

function requireSize(pixels: Pixels, image: Image, stimulus: Stimulus, first: Stimulus): void {
  if (image.height === pixels.height && image.width === pixels.width) return;
  throw new CorescoreError(
    'file_format',
    `${stimulus.file} has ${image.width} x ${image.height} pixels, ${first.file} has ${pixels.width} x ${pixels.height}.`,
    { field: stimulus.file, remedy: 'Give all images of a stimulus set one size.' },
  );
}

function digestOf(stimuli: readonly Stimulus[], pixels: Pixels): string {
  const bytes = pixels.height * pixels.width * 3;
  const hash = createHash('sha256');
  for (const [i, stimulus] of stimuli.entries()) {
    const image = createHash('sha256').update(pixels.data.subarray(i * bytes, (i + 1) * bytes));
    hash.update(`${stimulus.id} ${image.digest('hex')}\n`);
  }
  return hash.digest('hex');
}
