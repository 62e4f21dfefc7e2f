import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { main } from '../src/program.js';
import { recordedIo } from './support.js';

const cwd = mkdtempSync(join(tmpdir(), 'corescore-roles-'));
writeFileSync(join(cwd, 'empty'), '');
afterAll(() => rmSync(cwd, { recursive: true }));

const DATABASE_URL = 'postgres://nobody@127.0.0.1:9/nothing';

test.each<[string, string[], Record<string, string>, RegExp]>([
  ['the API without a database', ['api'], {}, /DATABASE_URL is not set, and the api alone.*corescore serve/s],
  ['a worker without a database', ['worker'], {}, /DATABASE_URL is not set, and the worker alone.*corescore serve/s],
  ['an empty secret', ['api'], { DATABASE_URL_FILE: 'empty' }, /DATABASE_URL_FILE names .*empty, which is empty/],
  [
    'a secret twice',
    ['worker'],
    { DATABASE_URL, DATABASE_URL_FILE: 'empty' },
    /DATABASE_URL and DATABASE_URL_FILE are both set/,
  ],
  [
    'a queue that is none',
    ['worker', '--queue', 'extract,scores'],
    { DATABASE_URL },
    /"scores" is not a queue.*--queue/s,
  ],
  ['a queue twice', ['worker', '--queue', 'score,score'], { DATABASE_URL }, /stands there twice/],
  ['no job at once', ['worker', '--concurrency', '0'], { DATABASE_URL }, /--concurrency.*at least 1 and at most 64/s],
  ['jobs by halves', ['worker', '--concurrency', '1.5'], { DATABASE_URL }, /whole number/],
  ['far too many', ['worker'], { DATABASE_URL, CORESCORE_CONCURRENCY: '65' }, /CORESCORE_CONCURRENCY is 65, above 64/],
  ['serve without a queue', ['serve'], { CORESCORE_QUEUES: 'score' }, /leaves out extract.*corescore worker/s],
])('%s is refused before anything starts, with the remedy', async (_, args, env, words) => {
  const io = recordedIo({ cwd, env });
  expect(await main(args, io)).toBe(10);
  expect(io.err).toMatch(words);
  expect(readdirSync(cwd), 'nothing was made').toEqual(['empty']);
});
