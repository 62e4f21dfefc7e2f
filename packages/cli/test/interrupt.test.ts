import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EXIT_CODES } from '@corescore/contracts';
import { afterAll, expect, test } from 'vitest';

const home = mkdtempSync(join(tmpdir(), 'corescore-interrupt-'));
const temporary = join(home, 'tmp');
mkdirSync(temporary);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

function startedBy(pid: number): string[] {
  const lines = execFileSync('ps', ['-eo', 'ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.map((line) => line.trim()).filter((line) => line.startsWith(`${pid} `));
}

test('Ctrl-C while a model is scored here ends its processes, removes its files, and the exit code says so', async () => {
  const model = at('benchmarks/data/models/ff-64.onnx');
  const args = [
    at('cli/bin/corescore.js'),
    'run',
    '--local',
    model,
    '--benchmark',
    'core-objects-ost',
    '--threads',
    '2',
  ];
  // A group of its own, as in a terminal, where Ctrl-C reaches all processes of the command.
  const child = spawn(process.execPath, args, {
    cwd: home,
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], TMPDIR: temporary, CORESCORE_BESIDE: 'no' },
  });
  const ended = once(child, 'exit');
  while (!startedBy(child.pid!).some((line) => line.includes('scoring-process'))) {
    expect(child.exitCode).toBeNull();
    await sleep(50);
  }
  expect(readdirSync(temporary)).toHaveLength(1);
  process.kill(-child.pid!, 'SIGINT');
  expect(await ended).toEqual([EXIT_CODES.cancelled.code, null]);
  expect(readdirSync(temporary)).toEqual([]);
  const left = execFileSync('ps', ['-eo', 'pgid=,args='], { encoding: 'utf8' }).split('\n');
  expect(left.filter((line) => line.trim().startsWith(`${child.pid} `))).toEqual([]);
});
