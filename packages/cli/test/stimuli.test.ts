import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { main } from '../src/program.js';
import { recordedIo } from './support.js';

const cwd = mkdtempSync(join(tmpdir(), 'corescore-cli-stimuli-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const ff64 = fileURLToPath(new URL('../../benchmarks/data/models/ff-64.json', import.meta.url));
const run = async (...args: string[]) => {
  const io = recordedIo({ cwd, env: { CORESCORE_HOME: join(cwd, 'home') } });
  const code = await main(['stimuli', 'export', ...args], io);
  return { code, io };
};

test('writes the images of a benchmark, and what a network is fed', async () => {
  const { code, io } = await run('core-objects-ost', '--to', 'out', '--for', ff64);
  expect(code, io.err).toBe(0);
  expect(io.out).toBe('');
  expect(io.err).toContain('660 of 660 images');
  const about = JSON.parse(readFileSync(join(cwd, 'out/manifest.json'), 'utf8'));
  expect(about).toMatchObject({
    benchmark: 'core-objects-ost@0',
    images: 660,
    width: 64,
    height: 64,
    visualDegrees: 8,
  });
  expect(readFileSync(join(cwd, 'out/ids.txt'), 'utf8').trimEnd().split('\n')).toHaveLength(660);
  expect(existsSync(join(cwd, 'out/input.npy'))).toBe(true);
  const again = await run('core-objects-ost', '--to', 'out');
  expect(again.code).toBe(10);
  expect(again.io.err).toContain('--force');
});

test.each([
  ['no-such-benchmark', undefined, /There is no benchmark/],
  ['core-objects-ost', 'absent.json', /absent\.json cannot be read/],
  ['core-objects-ost', 'activations.json', /does not say what its model is fed/],
])('%s for %s is refused before anything is written', async (benchmark, manifest, detail) => {
  writeFileSync(
    join(cwd, 'activations.json'),
    JSON.stringify({
      ...{ manifestVersion: 1, name: 'a', kind: 'activations', stimuli: { set: 's', ids: 'ids.txt' } },
      regions: { IT: { file: 'it.npy', axes: ['stimulus', 'feature'] } },
    }),
  );
  const { code, io } = await run(benchmark, '--to', 'none', ...(manifest === undefined ? [] : ['--for', manifest]));
  expect(code).toBe(10);
  expect(io.err).toMatch(detail);
  expect(existsSync(join(cwd, 'none'))).toBe(false);
});
