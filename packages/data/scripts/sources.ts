import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CorescoreError } from '@corescore/contracts';

/** One file of a package that the atlas is made from. */
export interface SourcePin {
  version: string;
  /** Inside the package. */
  file: string;
  sha256: string;
}
export type SourcePins = Record<string, SourcePin>;

const folder = fileURLToPath(new URL('atlas-sources/', import.meta.url));

export const readPins = (): SourcePins => JSON.parse(readFileSync(join(folder, 'digests.json'), 'utf8'));

/** Installs the sources, 61 MB, into `into` by their lock file; nothing of them runs. */
export function installSources(into: string): void {
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(folder, file), join(into, file));
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: into,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/**
 * Checks every pinned package under `root`/node_modules: drawings differ between versions, and with them every image.
 * @throws CorescoreError `source_mismatch`, naming the package
 */
export function checkSources(root: string, pins: SourcePins): void {
  for (const [name, pin] of Object.entries(pins)) {
    const dir = join(root, 'node_modules', name);
    const remedy =
      'Install exactly what scripts/atlas-sources/package-lock.json says; another version needs a new version of core-objects.';
    const refuse = (detail: string) => new CorescoreError('source_mismatch', detail, { field: name, remedy });
    if (!existsSync(join(dir, 'package.json'))) throw refuse(`${name} is not installed.`);
    const { version } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    if (version !== pin.version) throw refuse(`${name} is version ${version}; the atlas is made from ${pin.version}.`);
    if (!existsSync(join(dir, pin.file))) throw refuse(`${name} has no file ${pin.file}.`);
    const digest = createHash('sha256')
      .update(readFileSync(join(dir, pin.file)))
      .digest('hex');
    if (digest !== pin.sha256) {
      throw refuse(`${pin.file} of ${name} ${version} has the digest ${digest}, not ${pin.sha256}.`);
    }
  }
}
