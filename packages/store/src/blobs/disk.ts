import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FILE_NAME } from '@corescore/contracts';
import { makeFolder, publishFile, sweepFolder } from '@corescore/contracts/files';
import type { Blobs } from '../types.js';
import { copyVerified } from './verify.js';

const DIGEST = /^[0-9a-f]{64}$/;

/** Blobs on disk: `home/blobs/ab/abcd...`. A blob appears by a rename, so it is there whole or not at all. */
export function createBlobs(home: string): Blobs {
  const root = join(home, 'blobs');
  const checkouts = join(home, 'checkouts');
  const checked = (digest: string): string => {
    if (!DIGEST.test(digest)) throw new TypeError(`not a SHA-256: ${digest}`);
    return digest;
  };
  const fileName = (name: string): string => {
    if (!FILE_NAME.test(name)) throw new TypeError(`not a file name: ${name}`);
    return name;
  };
  const path = (digest: string): string => join(root, checked(digest).slice(0, 2), digest);

  return {
    async adopt(from, digest) {
      const to = path(digest);
      await makeFolder(dirname(to));
      await publishFile(from, to);
    },

    path,

    async checkOut(files, { of, signal }) {
      await makeFolder(checkouts);
      const folder = await mkdtemp(join(checkouts, 'run-'));
      const release = () => rm(folder, { recursive: true, force: true });
      try {
        const copies: Record<string, string> = {};
        for (const file of files) {
          const copy = join(folder, fileName(file.path));
          await copyVerified(path(file.digest), copy, file, of, signal);
          copies[file.path] = copy;
        }
        return { files: copies, release };
      } catch (error) {
        await release();
        throw error;
      }
    },

    sweepCheckouts: (olderThanMs, now = new Date()) => sweepFolder(checkouts, olderThanMs, now),

    async derivedPath(key, ...names) {
      const file = join(home, 'activations', checked(key).slice(0, 2), key, ...names.map(fileName));
      await makeFolder(dirname(file));
      return file;
    },
  };
}
