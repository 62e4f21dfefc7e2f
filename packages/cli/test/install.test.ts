import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const script = new URL('../../../scripts/install.mjs', import.meta.url).href;
const { isInstalled, root } = (await import(script)) as { isInstalled(folder: string): boolean; root: string };

interface Locked {
  version?: string;
  link?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
}

/** A folder with a lock file, and what npm says it has put into node_modules; null: npm has said nothing. */
function folderOf(locked: Record<string, Locked>, there: Record<string, Locked> | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'corescore-install-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...locked } }));
  if (there === null) return folder;
  for (const path of Object.keys(there)) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: there }));
  return folder;
}

const A = { 'node_modules/a': { version: '1.0.0' } };
const OURS = { os: [process.platform], cpu: [process.arch], optional: true, version: '1.0.0' };
const THEIRS = { ...OURS, os: ['another'] };

test.each<[string, Record<string, Locked>, Record<string, Locked> | null, boolean]>([
  ['by npm ci, typed by hand', A, A, true],
  ['with more beside it', A, { ...A, 'node_modules/extra': { version: '9.0.0' } }, true],
  ['not at all', A, null, false],
  ['in another version', A, { 'node_modules/a': { version: '1.0.1' } }, false],
  ['without a package', { ...A, 'node_modules/b': { version: '1.0.0' } }, A, false],
  ['without a binary for another system', { ...A, 'node_modules/b': THEIRS }, A, true],
  ['without a binary for this one', { ...A, 'node_modules/b': OURS }, A, false],
  ['with its workspaces', { ...A, 'packages/w': { version: '1.0.0' }, 'node_modules/w': { link: true } }, { ...A, 'node_modules/w': { link: true } }, true], // biome-ignore format: a row each
])('npm start installs again only where it must: installed %s', (_, locked, there, expected) => {
  expect(isInstalled(folderOf(locked, there))).toBe(expected);
});

test('the packages that this test runs with are those of the lock file', () => {
  expect(isInstalled(root)).toBe(true);
});
