import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeNpyFloat32 } from '@corescore/formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withPool } from '../src/processes/pool.js';

const folder = mkdtempSync(join(tmpdir(), 'corescore-pool-'));
const path = join(folder, 'activations.npy');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const IMAGES = 400;
const FEATURES = 4000;
const CLASSES = 4;
beforeAll(async () => {
  const data = Float32Array.from({ length: IMAGES * FEATURES }, (_, at) => {
    return Math.sin(at * 12.9898) + (at % CLASSES === Math.floor(at / FEATURES) % CLASSES ? 0.1 : 0);
  });
  await writeNpyFloat32(path, [1, IMAGES, FEATURES], data);
});

const SCRIPT = fileURLToPath(new URL('support/decode-and-abort.mjs', import.meta.url));

/** A task of many minutes: a bootstrap of a long curve. */
const LONG = { curves: [new Float64Array(100_000).map((_, i) => i)], sampling: {}, draws: 1_000_000, seed: 1 };

/** Scoring processes that `pid` has started. */
function startedBy(pid: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const processes = lines.map((line) => line.trim().split(/\s+/));
  return processes
    .filter(([, parent, ...args]) => Number(parent) === pid && args.join(' ').includes('scoring-process'))
    .map(([id]) => Number(id));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

test('stopping scoring threads at any moment aborts nothing', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, path, '12', '1']);
  // Aborts that all came after the work, or before it, would prove nothing.
  expect(Number(stdout)).toBeGreaterThan(6);
});

test('an abort ends a task that runs, with the signal’s reason, and leaves no process', async () => {
  const controller = new AbortController();
  const reason = new Error('cancelled by its owner');
  const running = withPool(2, controller.signal, (pool) =>
    Promise.all([pool.run('meanIntervals', LONG), pool.run('meanIntervals', LONG), pool.run('meanIntervals', LONG)]),
  );
  await until(() => startedBy(process.pid).length === 2);
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(startedBy(process.pid)).toEqual([]);
  await expect(withPool(1, controller.signal, async () => 'never')).rejects.toBe(reason);
});

test('a scoring process that is lost is an infrastructure failure that names its signal', async () => {
  const running = withPool(2, undefined, (pool) =>
    Promise.all([pool.run('meanIntervals', LONG), pool.run('meanIntervals', LONG)]),
  );
  await until(() => startedBy(process.pid).length === 2);
  const [lost] = startedBy(process.pid);
  process.kill(lost, 'SIGABRT');
  await expect(running).rejects.toMatchObject({
    code: 'infrastructure',
    message: expect.stringContaining('SIGABRT'),
    remedy: expect.any(String),
  });
  expect(startedBy(process.pid), 'the other one is ended with it').toEqual([]);
});

test('a signal to the whole process group ends no scoring process before its parent says so', async () => {
  const task = { path, weights: Float64Array.of(1), labels: new Int32Array(IMAGES), classes: 1, folds: [], c: 1 };
  const kernels = await withPool(1, undefined, async (pool) => {
    await pool.run('kernelsUsed', null);
    const [child] = startedBy(process.pid);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(child, signal);
    // A task that fails is told as what it is, and the process goes on.
    await expect(pool.run('decodeMixture', task)).rejects.toThrow();
    return pool.run('kernelsUsed', null);
  });
  expect(kernels).toContain('products by');
});

test('scoring processes end with the process that started them, also when it is killed', async () => {
  const parent = spawn(process.execPath, [SCRIPT, path, '1000000', '1'], { stdio: 'ignore' });
  let started: number[] = [];
  await until(() => {
    started = startedBy(parent.pid!);
    return started.length === 2;
  });
  parent.kill('SIGKILL');
  // Their parent is another one now: what is left is told by their ids.
  const isLeft = (pid: number) =>
    spawnSync('ps', ['-o', 'args=', '-p', String(pid)]).stdout.includes('scoring-process');
  await until(() => !started.some(isLeft));
});
