import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord } from '@corescore/contracts/log';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { CommandFailure } from '../src/failure.js';
import { addressIn, assertPortFree, untilReady } from '../src/serve/address.js';
import { watchDisk } from '../src/serve/disk-watch.js';
import { CRASHES_A_MINUTE, restartDelayMs } from '../src/serve/restarts.js';
import { RotatingLog } from '../src/serve/rotating-log.js';
import { Service, type ServiceOptions } from '../src/serve/service.js';
import { stopRequests } from '../src/serve/signals.js';
import { peer } from './support.js';

const dir = mkdtempSync(join(tmpdir(), 'corescore-serve-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let count = 0;
/** A service made of a few lines of JavaScript, with what it told the terminal. */
function service(code: string, extra: Partial<ServiceOptions> = {}) {
  count += 1;
  const script = join(dir, `service-${count}.mjs`);
  const logPath = join(dir, `service-${count}.log`);
  writeFileSync(script, code);
  const notices: string[] = [];
  let gaveUp: CommandFailure | undefined;
  const made = new Service({
    name: 'worker',
    script,
    env: { PATH: process.env['PATH'] },
    log: new RotatingLog(logPath),
    readyPattern: /^ready/,
    restartDelay: () => 1,
    onNotice: (text) => notices.push(text),
    onGiveUp: (error) => {
      gaveUp = error;
    },
    ...extra,
  });
  onTestFinished(() => made.kill());
  return { service: made, notices, logPath, log: () => records(logPath).map(({ msg }) => msg), gaveUp: () => gaveUp };
}

const records = (path: string): LogRecord[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogRecord);

async function until(what: string, probe: () => boolean): Promise<void> {
  for (let tries = 0; tries < 8000; tries += 1) {
    if (probe()) return;
    await sleep(25);
  }
  throw new Error(`${what}: it did not happen`);
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a service of the house', () => {
  test('starts, says so, logs, and stops in order when asked', async () => {
    const {
      service: made,
      notices,
      log,
    } = service(`
      process.on('SIGTERM', () => { console.log('closing'); process.exit(0); });
      console.error('a line on stderr');
      console.log('ready at once');
      setInterval(() => {}, 1000);`);
    expect(await made.start()).toBe('ready at once');
    await made.stop(200_000);
    for (const line of ['a line on stderr', 'ready at once', 'closing', 'worker stopped with code 0']) {
      expect(log()).toContain(line);
    }
    expect(notices).toEqual([]);
  });

  test('one that cannot start is told with the end of its log', async () => {
    const { service: made } = service(`console.error('no database at that address'); process.exit(3);`, {
      restartDelay: restartDelayNow,
    });
    await expect(made.start()).rejects.toMatchObject({
      exit: 'serviceFailed',
      message: expect.stringMatching(
        /stopped with code 3; that is 5 times within a minute\.\n {4}no database at that address/,
      ),
    });
    const { service: silent } = service('setInterval(() => {}, 1000);', { readyTimeoutMs: 50 });
    await expect(silent.start()).rejects.toThrow('did not get ready within 0.05 s');
  });

  test('one that says that it is set up wrongly is not tried again, and its words are those of its log', async () => {
    const { service: made, notices } = service(`
      console.error(JSON.stringify({ level: 'fatal', time: 't', service: 'worker', msg: 'DATABASE_URL is not set.' }));
      process.exit(10);`);
    await expect(made.start()).rejects.toMatchObject({
      exit: 'configuration',
      message: 'The worker stopped with code 10.\n    DATABASE_URL is not set.',
    });
    expect(notices).toEqual([]);
  });

  test('one that is killed before its first "ready" comes back and ends nothing', async () => {
    const first = join(dir, 'first');
    const {
      service: made,
      notices,
      gaveUp,
    } = service(`
      import { existsSync, writeFileSync } from 'node:fs';
      if (existsSync(${JSON.stringify(first)})) console.log('ready');
      else writeFileSync(${JSON.stringify(first)}, '');
      setInterval(() => {}, 1000);`);
    const started = made.start();
    await until('the first one runs', () => existsSync(first));
    process.kill(made.pid!, 'SIGKILL');
    expect(await started).toBe('ready');
    expect(notices.map((text) => text.split(';')[0])).toEqual(['worker was ended by SIGKILL', 'worker is back']);
    expect(gaveUp()).toBeUndefined();
  });

  test('crashes while the database is away are waited out and not counted', async () => {
    let looks = 0;
    const { service: made, gaveUp } = service(`console.log('ready'); setTimeout(() => process.exit(1), 5);`, {
      restartDelay: restartDelayNow,
      untilFit: async () => ++looks < 3 * CRASHES_A_MINUTE,
    });
    await made.start();
    await until('giving up', () => gaveUp() !== undefined);
    expect(looks).toBe(4 * CRASHES_A_MINUTE - 1);
  });

  test('all that is printed becomes lines of one form, by the service that printed them', async () => {
    const { service: made, logPath } = service(`
      process.on('SIGTERM', () => process.exit(0));
      console.log('plain');
      console.error('on stderr');
      console.error(JSON.stringify({ level: 'warn', time: '2026-01-01T00:00:00.000Z', msg: 'a record', run: 7 }));
      console.log('{"not": "a record"}');
      console.log('ready');
      setInterval(() => {}, 1000);`);
    await made.start();
    await made.stop(10_000);
    const found = records(logPath);
    for (const record of found) expect(record.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const own = found.filter(({ service: name }) => name === 'worker').map(({ time: _, ...rest }) => rest);
    const order = (a: { msg: string }, b: { msg: string }) => (a.msg < b.msg ? -1 : 1);
    expect(own.sort(order)).toEqual(
      [
        { level: 'info', service: 'worker', msg: 'plain' },
        { level: 'error', service: 'worker', msg: 'on stderr' },
        { level: 'warn', service: 'worker', msg: 'a record', run: 7 },
        { level: 'info', service: 'worker', msg: '{"not": "a record"}' },
        { level: 'info', service: 'worker', msg: 'ready' },
      ].sort(order),
    );
    expect(found.filter(({ service: name }) => name === 'supervisor').map(({ msg }) => msg)).toEqual([
      'starting worker',
      'worker stopped with code 0',
    ]);
  });

  test('one that is killed comes back', async () => {
    const { service: made, notices, logPath } = service(`console.log('ready'); setInterval(() => {}, 1000);`);
    await made.start();
    const first = made.pid!;
    process.kill(first, 'SIGKILL');
    await until('restart', () => notices.includes('worker is back'));
    expect(made.pid).not.toBe(first);
    expect(notices[0]).toBe(`worker was ended by SIGKILL; starting it again in 0.001 s (log: ${logPath})`);
    await made.stop(200_000);
    expect(notices).toHaveLength(2);
  });

  test('one that keeps crashing is given up, in words', async () => {
    const {
      service: made,
      notices,
      gaveUp,
    } = service(`console.log('ready'); setTimeout(() => { console.error('segfault'); process.exit(1); }, 20);`, {
      restartDelay: restartDelayNow,
    });
    await made.start();
    await until('giving up', () => gaveUp() !== undefined);
    expect(gaveUp()!.exit).toBe('serviceFailed');
    expect(gaveUp()!.message).toMatch(/that is 5 times within a minute\.[\s\S]*segfault/);
    expect(notices.filter((text) => text.includes('starting it again'))).toHaveLength(CRASHES_A_MINUTE - 1);
  });

  test('one that does not listen is killed with all that it started', async () => {
    const { service: made, log } = service(`
      import { spawn } from 'node:child_process';
      process.on('SIGTERM', () => {});
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      child.on('spawn', () => console.log('ready with child ' + child.pid));
      setInterval(() => {}, 1000);`);
    const child = Number(/\d+$/.exec(await made.start())![0]);
    expect(isAlive(child)).toBe(true);
    await made.stop(50);
    await until('the child ends', () => !isAlive(child));
    await until('the log ends', () => log().includes('worker was ended by SIGKILL'));
  });
});

/** The rule of the product without its waiting, all crashes within one moment however long they take. */
const restartDelayNow: typeof restartDelayMs = (crashes) =>
  restartDelayMs(
    crashes.map(() => 0),
    0,
  ) === null
    ? null
    : 1;

test('restarts wait longer each time and end with the fifth crash within a minute', () => {
  const delays = [1, 2, 3, 4, 5].map((n) => restartDelayMs(new Array<number>(n).fill(1000), 1000));
  expect(delays).toEqual([500, 1000, 2000, 4000, null]);
  // Crashes of long ago are forgotten.
  expect(restartDelayMs([0, 0, 0, 0, 0, 0, 70_000], 70_000)).toBe(500);
});

test('the first signal stops in order, its echo is nothing new, the next one insists', async () => {
  let nowMs = 1000;
  let insisted = 0;
  const stop = stopRequests(
    () => {
      insisted += 1;
    },
    { now: () => nowMs },
  );
  expect(stop.signal.aborted).toBe(false);
  process.emit('SIGHUP');
  await stop.asked;
  expect(stop.signal.aborted).toBe(true);
  nowMs += 20;
  process.emit('SIGHUP');
  expect(insisted).toBe(0);
  nowMs += 2000;
  process.emit('SIGHUP');
  expect(insisted).toBe(1);
  stop.release();
  expect(process.listenerCount('SIGHUP')).toBe(0);
});

test('SIGHUP stops nothing where there is no terminal to be closed', () => {
  let reopened = 0;
  const stop = stopRequests(() => undefined, {
    onHangUp: () => {
      reopened += 1;
    },
  });
  process.emit('SIGHUP');
  process.emit('SIGHUP');
  expect([stop.signal.aborted, reopened]).toEqual([false, 2]);
  stop.release();
  expect(process.listenerCount('SIGHUP')).toBe(0);
});

test('a parent that is gone asks to stop, once', async () => {
  let parent = 77;
  let insisted = 0;
  const stop = stopRequests(() => (insisted += 1), { parent: () => parent });
  await sleep(1_200);
  expect(stop.signal.aborted).toBe(false);
  parent = 1;
  await stop.asked;
  await sleep(1_200);
  expect(insisted).toBe(0);
  stop.release();
});

test('the operator is told once that the reserve is touched, and once that there is room', async () => {
  let bytes = 5 * 1024 ** 2;
  const told: string[] = [];
  const watch = () =>
    watchDisk({
      home: '/home',
      reserveBytes: 8 * 1024 ** 2,
      free: async () => bytes,
      onNotice: (text) => told.push(text),
    });
  const first = watch();
  await until('a notice', () => told.length === 1);
  expect(told[0]).toMatch(/5 MiB free.*reserve of 8 MiB.*jobs wait.*Free space/);
  first.stop();
  bytes *= 2;
  const second = watch();
  await sleep(20);
  second.stop();
  expect(told).toHaveLength(1);
});

describe('the log', () => {
  const record = (msg: string): LogRecord => ({ time: 't', level: 'info', service: 'api', msg });

  test('it is bounded: a full file is put aside, and the oldest goes', () => {
    const folder = mkdtempSync(join(dir, 'rotating-'));
    const log = new RotatingLog(join(folder, 'corescore.log'), 600, 2);
    for (let n = 0; n < 100; n++) log.write(record(`line ${n}`));
    log.close();
    expect(readdirSync(folder).sort()).toEqual(['corescore.1.log', 'corescore.2.log', 'corescore.log']);
    const kept = ['corescore.2.log', 'corescore.1.log', 'corescore.log'].flatMap((name) => {
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(600);
      return records(join(folder, name)).map(({ msg }) => msg);
    });
    expect(kept.at(-1)).toBe('line 99');
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => `line ${100 - kept.length + n}`));
    // A process that comes later goes on where this one ended.
    const next = new RotatingLog(join(folder, 'corescore.log'), 600, 2);
    next.write(record('later'));
    next.close();
    expect(records(join(folder, 'corescore.log')).map(({ msg }) => msg)).toContain('later');
  });

  test.runIf(existsSync('/dev/full'))('a full disk costs lines, which are counted, and nothing else', () => {
    const path = join(mkdtempSync(join(dir, 'full-')), 'corescore.log');
    symlinkSync('/dev/full', path);
    const log = new RotatingLog(path);
    log.write(record('lost'));
    log.write(record('lost, too'));
    rmSync(path);
    log.reopen();
    log.write(record('kept'));
    log.close();
    expect(records(path).map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^2 lines could not be written: ENOSPC/),
      'kept',
    ]);
  });

  test('a file that was moved away is left alone once the log begins anew', () => {
    const folder = mkdtempSync(join(dir, 'moved-'));
    const path = join(folder, 'corescore.log');
    const log = new RotatingLog(path);
    log.write(record('old'));
    renameSync(path, join(folder, 'archived'));
    log.write(record('still there'));
    log.reopen();
    log.write(record('new'));
    log.close();
    expect(records(join(folder, 'archived')).map(({ msg }) => msg)).toEqual(['old', 'still there']);
    expect(records(path).map(({ msg }) => msg)).toEqual(['new']);
  });
});

describe('addresses', () => {
  test('a port in use is told with the remedy, a free one is not', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(assertPortFree('127.0.0.1', port)).rejects.toMatchObject({
      code: 'configuration',
      field: '--port',
      message: `Port ${port} of 127.0.0.1 is in use.`,
    });
    await new Promise((resolve) => server.close(resolve));
    await assertPortFree('127.0.0.1', port);
    await expect(assertPortFree('203.0.113.1', 0)).rejects.toMatchObject({ field: '--host' });
  });

  test('the line of the API gives an address that is reachable from here', () => {
    expect(addressIn('listening http://127.0.0.1:4870')).toBe('http://127.0.0.1:4870');
    expect(addressIn('listening http://0.0.0.0:80 (all)')).toBe('http://127.0.0.1');
    expect(addressIn('listening http://[::]:4870')).toBe('http://[::1]:4870');
  });

  test('readiness is waited for, and what /readyz said last is told', async () => {
    let calls = 0;
    const url = await peer((_, response) => {
      calls += 1;
      response.writeHead(calls < 3 ? 503 : 200).end('{"worker":"not seen"}');
    });
    await untilReady(url, 10_000, new AbortController().signal);
    expect(calls).toBe(3);
    for (const body of ['{"detail":"Nobody takes the jobs of: extract."}', 'Nobody takes the jobs of: extract.']) {
      const never = await peer((_, response) => response.writeHead(503).end(body));
      await expect(untilReady(never, 0, new AbortController().signal)).rejects.toThrow(
        'The service does not get ready: Nobody takes the jobs of: extract.',
      );
    }
  });
});
