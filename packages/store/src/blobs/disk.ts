import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CorescoreError, FILE_NAME } from '@corescore/contracts';
import type { Blobs } from '../types.js';

const DIGEST = /^[0-9a-f]{64}$/;

const tooLarge = (maxBytes: number): CorescoreError =>
  new CorescoreError('upload_too_large', `The file is over the limit of ${maxBytes} bytes.`, {
    field: 'file',
    remedy: 'Send a smaller file, or have CORESCORE_MAX_UPLOAD_BYTES of the service raised.',
  });

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A rename is kept over a power cut once its folder is on disk. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, 'r');
    await folder.sync();
  } finally {
    await folder?.close();
  }
}

/** Blobs on disk: `home/blobs/ab/abcd...`. A blob appears by a rename, so it is there whole or not at all. */
export function createBlobs(home: string): Blobs {
  const root = join(home, 'blobs');
  const checked = (digest: string): string => {
    if (!DIGEST.test(digest)) throw new TypeError(`not a SHA-256: ${digest}`);
    return digest;
  };
  const path = (digest: string): string => join(root, checked(digest).slice(0, 2), digest);

  async function adopt(from: string, digest: string): Promise<void> {
    const to = path(digest);
    if (await exists(to)) return rm(from, { force: true });
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
    await syncFolder(dirname(to));
  }

  return {
    async putStream(source, { maxBytes }) {
      // One that breaks before the pipeline has it, while the folder is made, is found broken below.
      source.on('error', () => undefined);
      const incoming = join(root, 'incoming');
      await mkdir(incoming, { recursive: true });
      const temporary = join(incoming, randomUUID());
      const hash = createHash('sha256');
      let bytes = 0;
      const meter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          bytes += chunk.length;
          if (bytes > maxBytes) return done(tooLarge(maxBytes));
          hash.update(chunk);
          done(null, chunk);
        },
      });
      const file = await open(temporary, 'wx');
      try {
        await pipeline(source, meter, file.createWriteStream({ flush: true }));
        const digest = hash.digest('hex');
        await adopt(temporary, digest);
        return { digest, bytes };
      } catch (error) {
        await rm(temporary, { force: true });
        const cut = (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE' || source.errored === error;
        if (!cut || error instanceof CorescoreError) throw error;
        throw new CorescoreError('upload_incomplete', 'The upload ended before the file was whole.', {
          field: 'file',
          remedy: 'Send it again; nothing of it was kept.',
          cause: error,
        });
      } finally {
        await file.close().catch(() => undefined);
      }
    },

    adopt,
    path,
    has: (digest) => exists(path(digest)),

    async open(digest) {
      if (await exists(path(digest))) return createReadStream(path(digest));
      throw new CorescoreError('not_found', `The file ${digest} is not stored here.`, {
        remedy: 'Upload the model version again.',
      });
    },

    async derivedPath(kind, key, name) {
      if (!FILE_NAME.test(name)) throw new TypeError(`not a file name: ${name}`);
      const folder = join(home, kind, checked(key).slice(0, 2), key);
      await mkdir(folder, { recursive: true });
      return join(folder, name);
    },
  };
}
