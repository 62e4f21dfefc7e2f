import type { Checkout, StoredModelVersion } from '@corescore/store';
import type { Context } from '../context.js';

/**
 * The files of a model version under the names that manifest and model give them, copied for one use and verified: what
 * is read is what was uploaded. The caller releases them.
 * @throws CorescoreError `stored_file_damaged`
 */
export function checkOut({ store }: Context, model: StoredModelVersion, signal: AbortSignal): Promise<Checkout> {
  return store.blobs.checkOut(model.files, { of: `${model.owner}/${model.name}`, signal });
}
