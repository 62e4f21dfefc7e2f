// `npm start`: installs and builds what is missing, then becomes `corescore serve`.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './install.mjs';

const parent = process.ppid;
ensureInstalled();
console.error('Building ...');
ensureBuilt();
// npm was ended meanwhile: nobody waits for a service any more, and it could not tell later that its parent is gone.
if (process.ppid !== parent) process.exit(1);
process.argv = [process.argv[0], join(root, 'packages/cli/bin/corescore.js'), 'serve', ...process.argv.slice(2)];
await import('../packages/cli/bin/corescore.js');
