/**
 * Are the printed intervals, gates, ranks and nulls what they say? Simulated models with known truth; tables in Markdown
 * on stdout, as docs/validity.md has them; about an hour of one core for 1,000 models, a minute or two for 20.
 * Run: npm run bench -- validity [models] [part,part,... | all] [folder for the pictures]
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { PARTS } from './validity/parts.js';

const models = Number(process.argv[2] ?? 1000);
const asked = (process.argv[3] ?? 'all').split(',');
const pictures = process.argv[4] ?? null;
const chosen = asked.includes('all') ? [...PARTS.keys()] : asked;
const unknown = chosen.find((name) => !PARTS.has(name));
if (unknown !== undefined || !(models >= 4)) {
  console.error(`Usage: validity [models, at least 4] [all | ${[...PARTS.keys()].join(',')}] [folder]`);
  process.exit(10);
}
const version = (path: string): string => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;
const engine = version('../node_modules/onnxruntime-node/package.json');
console.log(
  `${models} simulated models; corescore ${version('../package.json')}, Node ${process.versions.node}, ` +
    `onnxruntime-node ${engine}, ${availableParallelism()} cores (${cpus()[0].model})`,
);
for (const name of chosen) {
  const before = performance.now();
  console.log(`\n## ${name}\n`);
  console.log(await PARTS.get(name)!(models, pictures));
  console.error(`${name}: ${((performance.now() - before) / 1000).toFixed(0)} s`);
}
