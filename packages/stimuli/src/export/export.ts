import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CorescoreError, type ManifestInput } from '@corescore/contracts';
import { writeAtomically } from '@corescore/contracts/files';
import type { Pixels } from '../pixels.js';
import type { StimulusSet } from '../stimulus-set.js';
import { type ExportedImage, exportImages, exportInput } from './images.js';
import { exportReadme } from './readme.js';

export interface StimulusExport {
  /** `id@version`. */
  benchmark: string;
  set: StimulusSet;
  pixels: Pixels;
  /** Folder to write to; made where it is not there. */
  dir: string;
  /** Write into a folder that holds files already, over those of the same names. */
  force: boolean;
  /** Also what a network of this input is fed. */
  input?: ManifestInput;
  onProgress: (stage: 'images' | 'input', done: number, total: number) => void;
}

/**
 * Writes the images of a stimulus set for use outside: PNG files, a table, the order of the ids, a description.
 * @throws CorescoreError `configuration`: the folder holds files, or cannot be written
 */
export async function exportStimuli(options: StimulusExport): Promise<{ files: number }> {
  const { benchmark, set, pixels, dir, input, onProgress } = options;
  await prepareFolder(dir, options.force);
  try {
    const images = await exportImages(set, pixels, dir, (done, total) => onProgress('images', done, total));
    await writeAtomically(join(dir, 'stimuli.csv'), table(images, set, pixels));
    await writeAtomically(join(dir, 'ids.txt'), `${images.map((image) => image.id).join('\n')}\n`);
    await writeAtomically(join(dir, 'manifest.json'), description(benchmark, set, pixels, input));
    await writeAtomically(join(dir, 'README.txt'), exportReadme(benchmark, set, input !== undefined));
    if (input === undefined) return { files: images.length + 4 };
    const path = join(dir, 'input.npy');
    await exportInput(set, pixels, input, path, (done, total) => onProgress('input', done, total));
    return { files: images.length + 5 };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || error instanceof CorescoreError) throw error;
    throw unwritable(dir, message, error);
  }
}

async function prepareFolder(dir: string, force: boolean): Promise<void> {
  const there = await mkdir(dir, { recursive: true })
    .then(() => readdir(dir))
    .catch((error: Error) => Promise.reject(unwritable(dir, error.message, error)));
  if (there.length === 0 || force) return;
  throw new CorescoreError('configuration', `${dir} is not empty.`, {
    field: '--to',
    remedy: 'Name a new folder, or add --force: files of the same names are written over, others stay.',
  });
}

const unwritable = (dir: string, why: string, cause: unknown): CorescoreError =>
  new CorescoreError('configuration', `${dir} cannot be written: ${why}`, {
    field: '--to',
    remedy: 'Check the path, its permissions and the room on the disk.',
    cause,
  });

function table(images: readonly ExportedImage[], set: StimulusSet, { width, height }: Pixels): string {
  const head = 'stimulus_id,filename,object_name,band,sha256_pixels,width,height,degrees';
  const rows = images.map(({ id, file, object, subset, pixelsSha256 }) =>
    [id, file, object, subset, pixelsSha256, width, height, set.visualDegrees].map(cell).join(','),
  );
  return `${[head, ...rows].join('\n')}\n`;
}

const cell = (value: string | number): string =>
  /[",\n\r]/.test(`${value}`) ? `"${`${value}`.replaceAll('"', '""')}"` : `${value}`;

function description(benchmark: string, set: StimulusSet, pixels: Pixels, input: ManifestInput | undefined): string {
  const about = {
    benchmark,
    stimulusSet: { identifier: set.identifier, digest: set.digest },
    images: pixels.n,
    width: pixels.width,
    height: pixels.height,
    visualDegrees: set.visualDegrees,
    ...(input === undefined ? {} : { input }),
  };
  return `${JSON.stringify(about, null, 2)}\n`;
}
