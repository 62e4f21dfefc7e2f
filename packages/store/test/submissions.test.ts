import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NewSubmission } from '../src/types.js';
import { BENCHMARK, STIMULUS_IDS } from './support/benchmark.js';
import { digest, modelVersion, openTestStore, type TestStore } from './support/store.js';

let t: TestStore;
beforeAll(async () => {
  t = await openTestStore();
  await t.store.models.createVersion(modelVersion());
  await t.store.benchmarks.register({ ...BENCHMARK, version: 1, ref: 'tiny@1', digest: digest('1') }, STIMULUS_IDS);
});
afterAll(() => t.close());

const submission = (change: Partial<NewSubmission> = {}): NewSubmission => ({
  owner: 'ada',
  tokenId: null,
  bodyDigest: digest('b'),
  modelVersion: digest('a'),
  benchmarks: ['tiny'],
  ...change,
});

test('a submission makes one run a benchmark; a bare id means the newest active version, a repeated one counts once', async () => {
  const { submission: made, created } = await t.store.submissions.create(
    submission({ benchmarks: ['tiny', 'tiny@0', 'tiny@1'] }),
  );
  expect(created).toBe(true);
  expect(made.runs.map((run) => run.benchmark)).toEqual(['tiny@1', 'tiny@0']);
  expect(made.runs.every((run) => run.status === 'queued' && run.model.name === 'net')).toBe(true);
  expect(await t.store.submissions.view(made.id)).toEqual(made);
  expect(await t.store.submissions.view('nonsense')).toBeNull();
  await t.sql(`UPDATE benchmarks SET active = false WHERE ref = 'tiny@1'`);
  expect((await t.store.benchmarks.resolve('tiny'))!.ref).toBe('tiny@0');
  expect((await t.store.benchmarks.resolve('tiny@1'))!.ref, 'by its full name').toBe('tiny@1');
});

test('the same key and body is the same submission, whatever has happened since', async () => {
  const request = submission({ idempotencyKey: 'k1' });
  const first = await t.store.submissions.create(request);
  await t.store.runs.claim(first.submission.runs[0]!.id, 'extracting', 'w', 30);
  const again = await t.store.submissions.create(request);
  expect(again.created).toBe(false);
  expect(again.submission.id).toBe(first.submission.id);
  expect(again.submission.runs.map((r) => r.status)).toEqual(['extracting']);
});

test('the same key with another body is a conflict; another owner’s key is another key', async () => {
  await t.store.submissions.create(submission({ idempotencyKey: 'k2' }));
  const other = submission({ idempotencyKey: 'k2', bodyDigest: digest('c') });
  await expect(t.store.submissions.create(other)).rejects.toMatchObject({
    code: 'idempotency_conflict',
    status: 409,
    field: 'header/idempotency-key',
  });
  expect((await t.store.submissions.create({ ...other, owner: 'bob' })).created).toBe(true);
});

test('without a key, each request is a submission', async () => {
  const [a, b] = [await t.store.submissions.create(submission()), await t.store.submissions.create(submission())];
  expect(a.submission.id).not.toBe(b.submission.id);
});

test('one key sent many times at once makes one submission', async () => {
  const other = await t.second();
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, i) =>
      (i % 2 === 0 ? t.store : other).submissions.create(submission({ idempotencyKey: 'k3' })),
    ),
  );
  expect(answers.filter((a) => a.created)).toHaveLength(1);
  expect(new Set(answers.map((a) => a.submission.id)).size).toBe(1);
  expect(await t.sql(`SELECT FROM submissions WHERE idempotency_key = 'k3'`)).toHaveLength(1);
});

test('an unknown model or benchmark is refused, and nothing is kept', async () => {
  const before = await t.sql('SELECT id FROM submissions');
  await expect(
    t.store.submissions.create(submission({ modelVersion: digest('0'), idempotencyKey: 'k4' })),
  ).rejects.toMatchObject({ code: 'unknown_model', field: '/modelVersion' });
  await expect(
    t.store.submissions.create(submission({ benchmarks: ['tiny@0', 'tiny@9'], idempotencyKey: 'k4' })),
  ).rejects.toMatchObject({ code: 'unknown_benchmark', field: '/benchmarks/1' });
  expect(await t.sql('SELECT id FROM submissions')).toEqual(before);
  expect((await t.store.submissions.create(submission({ idempotencyKey: 'k4' }))).created, 'the key is free').toBe(
    true,
  );
});
