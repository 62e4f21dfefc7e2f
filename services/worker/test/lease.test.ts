import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LeaseLost, ShuttingDown, withLease } from '../src/jobs/lease.js';

/** Work that ends only when it is aborted, and reports something else on its way out, as a killed child does. */
const endless = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('the child was killed'))));

const never = new AbortController().signal;
/** Nobody changes the row. */
const changes = async () => async () => undefined;

test('a heartbeat that finds the run in other hands ends the work with LeaseLost', async () => {
  let beats = 0;
  const heartbeat = async () => ++beats < 3;
  await expect(withLease({ heartbeat, everyMs: 5, changes, shutdown: never }, endless)).rejects.toBeInstanceOf(
    LeaseLost,
  );
  expect(beats).toBe(3);
});

test('a change of the run is looked at at once, also one that comes while a heartbeat is under way', async () => {
  let look: () => void = () => undefined;
  const changes = async (call: () => void) => {
    look = call;
    return async () => undefined;
  };
  let beats = 0;
  const heartbeat = async () => {
    beats += 1;
    // It has seen the row before the second change.
    if (beats === 1) look();
    return beats < 2;
  };
  const work = (signal: AbortSignal): Promise<never> => {
    const ended = endless(signal);
    look();
    return ended;
  };
  const hour = 3_600_000;
  await expect(withLease({ heartbeat, everyMs: hour, changes, shutdown: never }, work)).rejects.toBeInstanceOf(
    LeaseLost,
  );
});

test('work goes on where changes cannot be heard of', async () => {
  const changes = async () => {
    throw new Error('database away');
  };
  const options = { heartbeat: async () => true, everyMs: 1000, changes, shutdown: never };
  await expect(withLease(options, async () => 'done')).resolves.toBe('done');
});

test('a heartbeat that fails is tried again and does not end the work', async () => {
  let beats = 0;
  const heartbeat = async () => {
    beats += 1;
    if (beats < 3) throw new Error('database away');
    return true;
  };
  const work = async () => {
    while (beats < 4) await sleep(2);
    return 'done';
  };
  await expect(withLease({ heartbeat, everyMs: 5, changes, shutdown: never }, work)).resolves.toBe('done');
});

test('a shutdown ends the work with ShuttingDown, also when it came first', async () => {
  const ending = new AbortController();
  const running = withLease({ heartbeat: async () => true, everyMs: 1000, changes, shutdown: ending.signal }, endless);
  ending.abort();
  await expect(running).rejects.toBeInstanceOf(ShuttingDown);
  const late = (signal: AbortSignal) => (signal.aborted ? Promise.reject(new Error('aborted')) : endless(signal));
  await expect(
    withLease({ heartbeat: async () => true, everyMs: 1000, changes, shutdown: ending.signal }, late),
  ).rejects.toBeInstanceOf(ShuttingDown);
});

test('an error of the work itself comes through, and the heartbeat stops', async () => {
  let beats = 0;
  const heartbeat = async () => {
    beats += 1;
    return true;
  };
  const work = async () => {
    throw new TypeError('the work failed');
  };
  await expect(withLease({ heartbeat, everyMs: 2, changes, shutdown: never }, work)).rejects.toThrow('the work failed');
  const seen = beats;
  await sleep(20);
  expect(beats).toBe(seen);
});
