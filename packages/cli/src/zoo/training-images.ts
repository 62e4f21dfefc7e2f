import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingSet } from '@corescore/zoo';

/** The training images of core-objects, generated into `home` on the first use, and the names of their classes. */
export async function loadTrainingImages(
  home: string,
  onProgress: (done: number, total: number) => void,
): Promise<{ set: TrainingSet; classes: readonly string[] }> {
  const { OBJECTS, writeSet } = await import('@corescore/data');
  const { readCsv, readNpyHeader } = await import('@corescore/formats');
  const written = await writeSet({ set: 'train', to: join(home, 'stimuli'), onProgress });
  const rows = await readCsv(written.tablePath);
  const { shape, dataOffset } = await readNpyHeader(written.imagesPath);
  const bytes = await readFile(written.imagesPath);
  const set: TrainingSet = {
    pixels: bytes.subarray(dataOffset),
    size: shape[1]!,
    labels: Int32Array.from(rows, (row) => Number(row['object_index'])),
    load: Float64Array.from(rows, (row) => Number(row['load'])),
    digest: written.description.pixels,
  };
  return { set, classes: OBJECTS };
}
