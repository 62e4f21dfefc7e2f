// `npm run bench -- <name>`: builds, then runs bench/<name>.ts. Benches print ratios or costs; tests never do.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './install.mjs';

const [name, ...rest] = process.argv.slice(2);
const file = join(root, 'bench', `${name}.ts`);
if (name === undefined || !existsSync(file)) {
  const names = readdirSync(join(root, 'bench'))
    .filter((f) => f.endsWith('.ts'))
    .map((f) => f.slice(0, -3));
  console.error(`Which bench? npm run bench -- ${names.join(' | ')}`);
  process.exit(10);
}
ensureInstalled();
ensureBuilt();
execFileSync(join(root, 'node_modules', '.bin', 'tsx'), [file, ...rest], { cwd: root, stdio: 'inherit' });
