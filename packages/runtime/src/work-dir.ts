import { chmod, chown, constants, copyFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildJob } from './child/main.js';
import type { Sandbox } from './sandbox.js';
import { tapFile } from './tap.js';

/** Relative to the folder, which is the child's working directory: folders above it may be closed to the child. */
export const JOB_FILE = 'job.json';
const MODEL_FILE = 'model.onnx';

/** A private folder for the files that one child reads. The caller removes it. */
export function makeWorkDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'corescore-model-'));
}

/**
 * Fills the folder with the child's copy of the model, with its taps, and its job. The copy shares its blocks where the
 * file system can; a link would not do, since taps are appended. The child's group may read, only the parent write.
 */
export async function layOut(
  folder: string,
  modelPath: string,
  taps: readonly string[],
  fence: Sandbox,
  job: Omit<ChildJob, 'modelPath'>,
): Promise<void> {
  const model = join(folder, MODEL_FILE);
  await copyFile(modelPath, model, constants.COPYFILE_FICLONE);
  await chmod(model, 0o640);
  await tapFile(model, taps);
  const jobPath = join(folder, JOB_FILE);
  await writeFile(jobPath, JSON.stringify({ ...job, modelPath: MODEL_FILE } satisfies ChildJob), { mode: 0o640 });
  if (fence.gid !== null) {
    for (const path of [folder, model, jobPath]) await chown(path, process.getuid!(), fence.gid);
    await chmod(folder, 0o750);
  }
}
