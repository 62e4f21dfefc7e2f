import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Examination } from '../src/doctor/examine.js';
import { main } from '../src/program.js';
import { recordedIo } from './support.js';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'corescore-doctor-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

test('says what opens, what is used, and what is missing with its remedy', async () => {
  const env = { CORESCORE_HOME: home, CORESCORE_TFJS_PROVIDERS: 'wasm' };
  const io = recordedIo({ env });
  expect(await main(['doctor', '--format', 'json'], io)).toBe(0);
  const found = JSON.parse(io.out) as Examination;
  expect(found).toMatchObject({ ok: true, node: process.version, home, native: null });
  expect(found.providers.find(({ provider }) => provider === 'wasm')).toMatchObject({
    why: null,
    chosen: true,
    place: 1,
  });
  for (const kind of ['onnx', 'tfjs']) {
    expect(found.providers.filter((one) => one.kind === kind && one.chosen)).toHaveLength(1);
  }
  for (const { provider, place, why } of found.providers) {
    const isTold = found.lacks.some(({ remedy }) => remedy === why);
    expect(isTold, provider).toBe(why !== null && place !== null);
  }
  expect(found.sandbox.length).toBeGreaterThan(0);
  const text = recordedIo({ env });
  expect(await main(['doctor'], text)).toBe(0);
  expect([text.out, text.err]).toEqual([
    '',
    expect.stringMatching(/wasm.*opens, and is used[\s\S]*corescore runs here/),
  ]);
});

test('a database that does not answer is needed: exit code 10, without its password', async () => {
  const env = { CORESCORE_HOME: home, DATABASE_URL: 'postgres://user:secret@127.0.0.1:9/scores' };
  const io = recordedIo({ env });
  expect(await main(['doctor', '--format', 'json'], io)).toBe(10);
  const { lacks, services } = JSON.parse(io.out) as Examination;
  expect(services[0]).toMatchObject({ setting: 'postgres://127.0.0.1:9/scores', ok: false });
  expect(lacks.filter(({ needed }) => needed)).toMatchObject([{ remedy: expect.stringContaining('DATABASE_URL') }]);
  expect(io.out).not.toContain('secret');
});

test('--setup-tfjs without a TensorFlow ends with 10 and what to do', async () => {
  const io = recordedIo({ env: { CORESCORE_HOME: home } });
  expect(await main(['doctor', '--setup-tfjs', '--libtensorflow', home], io)).toBe(10);
  expect(io.err).toMatch(/libtensorflow +failed[\s\S]*pip install tensorflow/);
});
