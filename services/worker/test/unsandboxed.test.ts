import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WALLS } from '@corescore/runtime';
import { afterAll, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'corescore-unsandboxed-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Root that may make no namespaces, as in most containers. Its database is nowhere: the sandbox comes first. */
function worker(env: Record<string, string>) {
  const cannot = ['--inh-caps=-sys_admin', '--bounding-set=-sys_admin'];
  const { status, stdout, stderr } = spawnSync('setpriv', [...cannot, process.execPath, MAIN], {
    env: {
      PATH: process.env['PATH'],
      CORESCORE_HOME: home,
      DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing',
      ...env,
    },
    encoding: 'utf8',
  });
  const records = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; msg: string });
  return { status, stdout, records };
}
const canDrop = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;

test.runIf(canDrop)(
  'a worker whose host has no walls refuses to run, unless it is told to, and is told of then',
  () => {
    const refused = worker({});
    expect(refused.status).toBe(10);
    expect(refused.records.at(-1)).toMatchObject({ level: 'fatal', code: 'configuration' });
    expect(refused.records.at(-1)!.msg).toMatch(
      /unsandboxed.*NETWORK NOT CUT.*FILES OF THE HOST.*CORESCORE_SANDBOX=warn/,
    );
    const told = worker({ CORESCORE_SANDBOX: 'warn' });
    expect(told.status, 'it goes on to the database').toBe(4);
    const warned = told.records.filter(
      ({ level, msg }) => level === 'warn' && msg.startsWith('models run unsandboxed: '),
    );
    const walls = told.stdout.trim().split('\n');
    expect(walls.length).toBeGreaterThanOrEqual(3);
    expect(walls.length).toBeLessThanOrEqual(WALLS.length);
    expect(warned.map(({ msg }) => msg.replace('models run ', ''))).toEqual(walls);
  },
);
