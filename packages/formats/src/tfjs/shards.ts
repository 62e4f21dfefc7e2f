import { open } from 'node:fs/promises';
import type { ModelFiles } from '@corescore/contracts';
import { readFully } from '@corescore/contracts/files';
import type { TfjsModel } from './model.js';

/** Bytes held at once when nothing else asks for more. */
const CHUNK = 4 * 1024 ** 2;

/** The bytes of all shards, one behind the other, in pieces. */
export async function* shardBytes({ shards }: TfjsModel, files: ModelFiles): AsyncGenerator<Uint8Array> {
  for (const name of shards) {
    const handle = await open(files[name]!, 'r');
    try {
      for (let position = 0; ; ) {
        const piece = new Uint8Array(CHUNK);
        const read = await readFully(handle, piece, position);
        if (read > 0) yield piece.subarray(0, read);
        if (read < CHUNK) break;
        position += read;
      }
    } finally {
      await handle.close();
    }
  }
}
