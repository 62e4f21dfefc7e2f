import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

interface PackageJson {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/**
 * Where the code lies that a child runs: the package of its entry, the packages of ours that it imports, and the
 * `node_modules` folders that hold the others. Not the folders above them: a checkout may hold the service's home too.
 * @param entry a file of the package
 */
export function codePaths(entry: string): string[] {
  const folders = new Set<string>();
  const packages = [packageOf(realpathSync(entry))];
  for (const folder of packages) {
    folders.add(folder);
    for (const name of dependenciesOf(folder)) {
      const modules = ancestors(folder)
        .map((ancestor) => join(ancestor, 'node_modules'))
        .find((candidate) => existsSync(join(candidate, name)));
      if (modules === undefined) continue;
      folders.add(realpathSync(modules));
      const own = realpathSync(join(modules, name));
      if (!own.includes(`${sep}node_modules${sep}`) && !packages.includes(own)) packages.push(own);
    }
  }
  return outermost([...folders]);
}

/** Paths that lie in no other of them. */
export function outermost(paths: readonly string[]): string[] {
  const sorted = [...new Set(paths)].sort();
  return sorted.filter((path) => !sorted.some((other) => other !== path && path.startsWith(`${other}${sep}`)));
}

function packageOf(file: string): string {
  const folder = ancestors(dirname(file)).find((candidate) => existsSync(join(candidate, 'package.json')));
  return folder ?? dirname(file);
}

function dependenciesOf(folder: string): string[] {
  if (!existsSync(join(folder, 'package.json'))) return [];
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;
  return Object.keys({ ...about.dependencies, ...about.optionalDependencies, ...about.peerDependencies });
}

/** The folder and those above it, nearest first. */
function ancestors(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestors(above)];
}
