import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CorescoreError } from '@corescore/contracts';
import { parseEnv } from '@corescore/contracts/env';
import { freeBytes, type Store } from '@corescore/store';
import { expect, onTestFinished, test } from 'vitest';
import type { Context } from '../src/context.js';
import { conduct } from '../src/jobs/conduct.js';
import { patientStore } from '../src/jobs/patience.js';
import { Pauses, whenThereIsRoom } from '../src/jobs/pauses.js';

const away = () => new CorescoreError('unavailable', 'The database does not answer.');
const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
const never = new AbortController().signal;

/** The calls of a store that fail so often before they succeed, by name, and what was called. */
function calls(failures: Record<string, unknown[]>) {
  const called: [name: string, ...args: unknown[]][] = [];
  const part = (names: string[]) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        async (...args: unknown[]) => {
          called.push([name, ...args]);
          const failure = failures[name]?.shift();
          if (failure !== undefined) throw failure;
          return `${name} done`;
        },
      ]),
    );
  const runs = part(['claim', 'toScoring', 'release', 'finish', 'fail', 'heartbeat', 'progress']);
  const extractions = part(['claim', 'done', 'failed', 'get', 'discard', 'heartbeat']);
  const events = { subscribe: async () => async () => undefined };
  return { called, store: { runs, extractions, events } as unknown as Store };
}

test('what moves a run on is tried until the database takes it; what comes again anyway is tried once', async () => {
  const { called, store } = calls({
    finish: [away(), full(), away()],
    heartbeat: [away()],
    fail: [new Error('a bug')],
  });
  const patient = patientStore(store, never, () => 1);
  expect(await patient.runs.finish('run', 'w', {} as never)).toBe('finish done');
  expect(called.filter(([name]) => name === 'finish')).toEqual(new Array(4).fill(['finish', 'run', 'w', {}]));
  await expect(patient.runs.heartbeat('run', 'w', 30)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(patient.runs.fail('run', 'w', {} as never)).rejects.toThrow('a bug');
});

test('a worker that is asked to end does not wait for the database', async () => {
  const { called, store } = calls({ release: new Array(9).fill(0).map(away) });
  const ending = new AbortController();
  const released = patientStore(store, ending.signal, () => 60_000).runs.release('run', 'w');
  await sleep(20);
  ending.abort();
  await expect(released).rejects.toMatchObject({ code: 'unavailable' });
  expect(called.length).toBeLessThanOrEqual(2);
});

test('runs wait longer each time, and briefly again after one that went on', () => {
  const pauses = new Pauses();
  const next = (id: string) => pauses.nextSeconds(id);
  expect([next('a'), next('a'), next('a'), next('b')]).toEqual([5, 10, 20, 5]);
  for (let k = 0; k < 10; k++) next('a');
  expect(next('a')).toBe(600);
  pauses.over('a');
  expect(next('a')).toBe(5);
});

/** A run under `conduct`, in a home whose disk has less room than the reserve where `reserve` says so. */
async function conducted(work: () => Promise<void>, reserve: 'touched' | 'free' = 'free') {
  const home = mkdtempSync(join(tmpdir(), 'corescore-waiting-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const { called, store } = calls({});
  const lines: string[] = [];
  const reserveBytes = reserve === 'touched' ? 4 * (await freeBytes(home)) : 0;
  const env = parseEnv({ CORESCORE_HOME: home, CORESCORE_DISK_RESERVE_BYTES: String(reserveBytes) }, '/');
  const context = { store, env, shutdown: never, pauses: new Pauses(), log: (line: string) => lines.push(line) };
  const given: unknown[] = [];
  await conduct(
    context as unknown as Context,
    { run: { id: 'run' } as never, holder: 'w', onFailure: async (failure) => void given.push(failure) },
    work,
  );
  return { called: called.filter(([name]) => name !== 'heartbeat'), lines, given };
}

test('a run that meets a full disk is handed back with a pause and the reason, and loses no attempt', async () => {
  const wrapped = new Error('The activations of IT cannot be written', { cause: full() });
  const { called, lines, given } = await conducted(() => Promise.reject(wrapped));
  expect(called).toEqual([
    ['release', 'run', 'w', { pauseSeconds: 5, because: expect.stringContaining('cannot be written') }],
  ]);
  expect(lines).toEqual([expect.stringContaining('run run waits 5 s')]);
  expect(given, 'given up, not failed').toEqual([null]);
});

test('a run does not begin where the reserve is touched', async () => {
  let began = false;
  const { called } = await conducted(async () => {
    began = true;
  }, 'touched');
  expect(began).toBe(false);
  expect(called).toEqual([['release', 'run', 'w', { pauseSeconds: 5, because: expect.stringMatching(/in reserve/) }]]);
});

test('a database that goes away while a run reads costs no attempt either; a bug does', async () => {
  expect((await conducted(() => Promise.reject(away()))).called.map(([name]) => name)).toEqual(['release']);
  const bug = await conducted(() => Promise.reject(new Error('a bug')));
  expect(bug.called.map(([name]) => name)).toEqual(['fail']);
});

test('a start waits for room as long as there is none, and ends when it is asked to', async () => {
  const told: string[] = [];
  const failures = [full(), full()];
  const work = async (): Promise<string> => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return 'prepared';
  };
  const onWait = (error: Error) => void told.push(error.message);
  expect(await whenThereIsRoom(work, { onWait, shutdown: never, pause: () => 1 })).toBe('prepared');
  expect(told).toHaveLength(2);
  const ending = new AbortController();
  const waiting = whenThereIsRoom(() => Promise.reject(full()), { onWait, shutdown: ending.signal });
  ending.abort();
  expect(await waiting).toBeNull();
});
