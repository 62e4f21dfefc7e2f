// `npm test`: everything that must hold, from a bare clone. Ends with one line, `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './install.mjs';

ensureInstalled();

const bin = (name) => join(root, 'node_modules', '.bin', name);
const scratch = mkdtempSync(join(tmpdir(), 'corescore-test-'));
const report = join(scratch, 'vitest.json');
let passed = 0;
let failed = 0;

function step(title, command, args) {
  const started = process.hrtime.bigint();
  process.stdout.write(`\n== ${title}\n`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stdout.write(`== ${title}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds.toFixed(1)} s)\n`);
  return status === 0;
}

function check(title, command, args) {
  if (step(title, command, args)) passed += 1;
  else failed += 1;
}

try {
  process.stdout.write('\n== build (types)\n');
  ensureBuilt();
  passed += 1;
  check('lint and format', bin('biome'), ['check', '--error-on-warnings', '.']);
  check('dependency direction and cycles', bin('depcruise'), [
    'packages/*/src',
    'services/*/src',
    '--config',
    '.dependency-cruiser.cjs',
  ]);
  check('unused code', bin('knip'), []);
  check('types of the tests', bin('tsc'), ['-p', 'tsconfig.tests.json']);
  const ok = step('tests', bin('vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  const result = JSON.parse(readFileSync(report, 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  // A suite that could not be loaded, or an error outside any test, has no failed test to count.
  if (!ok && result.numFailedTests === 0) failed += Math.max(1, result.numFailedTestSuites);
} catch (error) {
  failed += 1;
  console.error(error instanceof Error ? error.message : error);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
