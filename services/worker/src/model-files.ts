import type { ModelFiles } from '@corescore/contracts';
import type { ClaimedRun } from '@corescore/store';
import type { Context } from './context.js';

/** The files of a run's model version under the names that manifest and model give them. */
export function filesOf({ store }: Context, run: ClaimedRun): ModelFiles {
  return Object.fromEntries(run.model.files.map(({ path, digest }) => [path, store.blobs.path(digest)]));
}
