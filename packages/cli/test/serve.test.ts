import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { CommandFailure } from '../src/failure.js';
import { addressIn, assertPortFree, untilReady } from '../src/serve/address.js';
import { CRASHES_A_MINUTE, restartDelayMs } from '../src/serve/restarts.js';
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
    logPath,
    readyPattern: /^ready/,
    restartDelay: () => 1,
    onNotice: (text) => notices.push(text),
    onGiveUp: (error) => {
      gaveUp = error;
    },
    ...extra,
  });
  onTestFinished(() => made.kill());
  return { service: made, notices, logPath, log: () => readFileSync(logPath, 'utf8'), gaveUp: () => gaveUp };
}

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
    const { service: made } = service(`console.error('no database at that address'); process.exit(3);`);
    await expect(made.start()).rejects.toMatchObject({
      exit: 'serviceFailed',
      message: expect.stringMatching(/stopped with code 3\.\n {4}no database at that address/),
    });
    const { service: silent } = service('setInterval(() => {}, 1000);', { readyTimeoutMs: 50 });
    await expect(silent.start()).rejects.toThrow('did not get ready within 0.05 s');
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
    await until('the log ends', () => log().includes('--- starting worker'));
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
    () => nowMs,
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
