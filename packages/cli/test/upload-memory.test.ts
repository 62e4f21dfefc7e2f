import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@corescore/client';
import { afterAll, expect, test } from 'vitest';
import { uploadMemory } from '../src/submission/upload-memory.js';

const home = mkdtempSync(join(tmpdir(), 'corescore-memory-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const file = join(home, 'it.npy');
writeFileSync(file, 'array');
const client = createClient({ url: 'http://one' });
const start = new Date('2026-01-01T00:00:00Z');
const after = (hours: number) => new Date(start.getTime() + hours * 3_600_000);

test('an upload is known to a later command, for its service and its file as it was', async () => {
  await uploadMemory(home, () => start).remember(client, file, 'an-id');
  const later = uploadMemory(home, () => after(1));
  expect(await later.recall(client, file)).toBe('an-id');
  expect(await later.recall(createClient({ url: 'http://two' }), file)).toBeUndefined();
  utimesSync(file, new Date(0), new Date(0));
  expect(await later.recall(client, file)).toBeUndefined();
  await later.remember(client, file, 'another');
  await later.forget(client, file);
  expect(await later.recall(client, file)).toBeUndefined();
});

test('is forgotten with its upload on the service, after a day', async () => {
  await uploadMemory(home, () => start).remember(client, file, 'an-id');
  expect(await uploadMemory(home, () => after(23)).recall(client, file)).toBe('an-id');
  const late = uploadMemory(home, () => after(25));
  expect(await late.recall(client, file)).toBeUndefined();
  await late.forget(client, file);
  expect(JSON.parse(readFileSync(join(home, 'unfinished-uploads.json'), 'utf8'))).toEqual({});
});

test('a broken file, or a folder that cannot be, costs nothing but the memory', async () => {
  for (const text of ['{', 'null', '{"x": null}', '[1]']) {
    writeFileSync(join(home, 'unfinished-uploads.json'), text);
    expect(await uploadMemory(home, () => start).recall(client, file)).toBeUndefined();
  }
  const nowhere = uploadMemory(join(file, 'below'), () => start);
  await nowhere.remember(client, file, 'an-id');
  expect(await nowhere.recall(client, file)).toBeUndefined();
});
