import { chmod, chown, constants, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_FILE, type ModelFiles, type NetworkManifest } from '@corescore/contracts';
import type { ChildJob } from './child/main.js';
import type { Sandbox } from './sandbox.js';
import { tapFile } from './tap.js';

/** Relative to the folder, which is the child's working directory: folders above it may be closed to the child. */
export const JOB_FILE = 'job.json';

/**
 * Fills the folder with the child's copy of the model's files, with its taps, and its job. A copy shares its blocks
 * where the file system can; a link would not do, since taps are appended and links are followed out of the folder. The
 * child's group may read, only the parent write.
 * @param model.taps inner tensors of an ONNX graph that become outputs
 */
export async function layOut(
  folder: string,
  model: { kind: NetworkManifest['kind']; files: ModelFiles; taps: readonly string[] },
  fence: Sandbox,
  job: Omit<ChildJob, 'kind'>,
): Promise<void> {
  const paths: string[] = [];
  for (const [name, from] of Object.entries(model.files)) {
    const path = join(folder, name);
    await copyFile(from, path, constants.COPYFILE_FICLONE);
    await chmod(path, 0o640);
    paths.push(path);
  }
  if (model.kind === 'onnx') await tapFile(join(folder, MODEL_FILE.onnx), model.taps);
  const jobPath = join(folder, JOB_FILE);
  await writeFile(jobPath, JSON.stringify({ ...job, kind: model.kind } satisfies ChildJob), { mode: 0o640 });
  if (fence.gid !== null) {
    for (const path of [folder, jobPath, ...paths]) await chown(path, process.getuid!(), fence.gid);
    await chmod(folder, 0o750);
  }
}
