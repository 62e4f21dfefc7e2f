// `npm start`: installs and builds what is missing, then becomes `corescore serve`.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './install.mjs';

ensureInstalled();
console.error('Building ...');
ensureBuilt();
process.argv = [process.argv[0], join(root, 'packages/cli/bin/corescore.js'), 'serve', ...process.argv.slice(2)];
await import('../packages/cli/bin/corescore.js');
