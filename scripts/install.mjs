// Makes sure that node_modules is what package-lock.json says, so that `npm start` and `npm test` work straight
// after a clone. Plain JavaScript without dependencies: it runs before anything is installed.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`corescore needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(10);
}

const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages ?? {};

/**
 * Whether node_modules is what the lock file asks for, whoever installed it: npm itself writes down, when it is done, what
 * it has put there. What is there besides (`npm install --no-save`) does no harm; what is optional may be missing unless it
 * is for this very system (the binaries of Postgres are).
 * @param folder that of package-lock.json
 */
export function isInstalled(folder) {
  const done = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(done)) return false;
  const wanted = packagesOf(join(folder, 'package-lock.json'));
  const there = packagesOf(done);
  return Object.entries(wanted).every(([path, { version, link, ...about }]) => {
    // The workspaces themselves are no packages of node_modules; their links are.
    if (!path.split('/').includes('node_modules')) return true;
    const found = there[path];
    if (found === undefined || !existsSync(join(folder, path))) return mayBeMissing(about);
    return link === true ? found.link === true : found.version === version;
  });
}

function mayBeMissing({ optional = false, peer = false, os, cpu, libc }) {
  if (peer) return true;
  const isOurs = os?.includes(process.platform) && cpu?.includes(process.arch) && libc === undefined;
  return optional && !isOurs;
}

/** Runs `npm ci` when the installed packages are not those of the lock file. */
export function ensureInstalled() {
  if (isInstalled(root)) return;
  console.error('Installing packages (npm ci) ...');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' });
}

/** Builds what changed; turbo keeps what did not. */
export function ensureBuilt() {
  execFileSync(
    join(root, 'node_modules', '.bin', 'turbo'),
    ['run', 'build', '--output-logs=errors-only', '--log-prefix=none'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
    },
  );
}
