import { chmod, chown, constants, copyFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildJob } from './child/main.js';
import type { Sandbox } from './sandbox.js';
import { tapFile } from './tap.js';

/** A private folder with the two files a child reads: its copy of the model, with its taps, and its job. */
export interface WorkDir {
  path: string;
  jobPath: string;
}

/** The caller removes the folder, also when `layOut` throws. */
export function makeWorkDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'corescore-model-'));
}

/**
 * Fills the folder. The copy shares its blocks where the file system can (taps are appended to it, so a link would not
 * do). The child's group may read and nobody but the parent may write.
 */
export async function layOut(
  folder: string,
  modelPath: string,
  taps: readonly string[],
  fence: Sandbox,
  job: Omit<ChildJob, 'modelPath'>,
): Promise<WorkDir> {
  const model = join(folder, 'model.onnx');
  await copyFile(modelPath, model, constants.COPYFILE_FICLONE);
  await chmod(model, 0o640);
  await tapFile(model, taps);
  const jobPath = join(folder, 'job.json');
  await writeFile(jobPath, JSON.stringify({ ...job, modelPath: model } satisfies ChildJob), { mode: 0o640 });
  if (fence.gid !== null) {
    for (const path of [folder, model, jobPath]) await chown(path, process.getuid!(), fence.gid);
    await chmod(folder, 0o750);
  }
  return { path: folder, jobPath };
}
