import { afterAll, beforeAll, expect, test } from 'vitest';
import { BENCHMARK, STIMULUS_IDS } from './support/benchmark.js';
import { digest, modelVersion, openTestStore, queueRun, type TestStore } from './support/store.js';

let t: TestStore;
beforeAll(async () => {
  t = await openTestStore();
});
afterAll(() => t.close());

test('a version is made once: the same digest again is the version that is there', async () => {
  const first = await t.store.models.createVersion(modelVersion());
  expect(first.created).toBe(true);
  expect(first.version).toMatchObject({ owner: 'ada', name: 'net', kind: 'onnx', parameters: 40_000_000_000 });
  expect(await t.store.models.createVersion(modelVersion())).toEqual({ created: false, version: first.version });
  const twice = await Promise.all([
    t.store.models.createVersion(modelVersion({ name: 'twice' })),
    t.store.models.createVersion(modelVersion({ name: 'twice' })),
  ]);
  expect(twice.filter((v) => v.created)).toHaveLength(1);
});

test('the manifest comes back as it was sent, in its order', async () => {
  const manifest = { manifestVersion: 1, name: 'ordered', kind: 'onnx', clock: { onsetMs: 70, stepMs: 10 }, a: 1e-7 };
  await t.store.models.createVersion(modelVersion({ name: 'ordered', digest: digest('2'), manifest }));
  const stored = await t.store.models.version(digest('2'));
  expect(JSON.stringify(stored!.manifest)).toBe(JSON.stringify(manifest));
});

test('two owners may have the same version; each finds their own, others the older', async () => {
  await t.store.models.createVersion(modelVersion({ owner: 'bob' }));
  expect((await t.store.models.version(digest('a'), 'bob'))!.owner).toBe('bob');
  expect((await t.store.models.version(digest('a'), 'ada'))!.owner).toBe('ada');
  expect((await t.store.models.version(digest('a')))!.owner).toBe('ada');
  expect(await t.store.models.version(digest('0'))).toBeNull();
});

test('a model’s view has its versions and runs, newest first', async () => {
  const run = await queueRun(t.store, { name: 'viewed', digest: digest('7') });
  await t.store.models.createVersion(modelVersion({ name: 'viewed', digest: digest('3'), temporal: false }));
  const view = await t.store.models.view('ada', 'viewed');
  expect(view!.versions.map((v) => v.digest)).toEqual([digest('3'), digest('7')]);
  expect(view!.runs).toEqual([run]);
  expect(await t.store.models.view('ada', 'unknown')).toBeNull();
});

test('models are listed newest first, in pages that neither repeat nor skip', async () => {
  for (let k = 0; k < 5; k++) await t.store.models.createVersion(modelVersion({ name: `page-${k}` }));
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof t.store.models.list>> = await t.store.models.list({
      limit: 2,
      ...(cursor === null ? {} : { cursor }),
    });
    names.push(...page.items.map((m) => m.name));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(names.slice(0, 5)).toEqual(['page-4', 'page-3', 'page-2', 'page-1', 'page-0']);
  expect(names).toHaveLength(10);
  const { items } = await t.store.models.list({ limit: 100 });
  expect(items.find((m) => m.name === 'viewed')).toMatchObject({ versions: 2, latestDigest: digest('3') });
  await expect(t.store.models.list({ limit: 2, cursor: 'nonsense' })).rejects.toMatchObject({
    code: 'invalid_request',
  });
});

test('a benchmark is registered once; its texts may change, what it measures may not', async () => {
  const first = await t.store.benchmarks.register(BENCHMARK, STIMULUS_IDS);
  expect(await t.store.benchmarks.resolve('tiny@0')).toEqual(first);
  expect(first).toEqual({ ...BENCHMARK, createdAt: first.createdAt });
  const reworded = { ...BENCHMARK, sentence: 'Four images, said better.' };
  expect((await t.store.benchmarks.register(reworded, STIMULUS_IDS)).sentence).toBe(reworded.sentence);
  await expect(t.store.benchmarks.register({ ...BENCHMARK, digest: digest('9') }, STIMULUS_IDS)).rejects.toMatchObject({
    code: 'configuration',
    remedy: expect.stringContaining('new version'),
  });
  expect((await t.store.benchmarks.list()).map((b) => b.digest)).toEqual([BENCHMARK.digest]);
  expect(await t.store.benchmarks.resolve('unknown')).toBeNull();
});

test('a stimulus set is found by digest and by name', async () => {
  const set = { identifier: 'four', digest: BENCHMARK.stimulusSet.digest, ids: STIMULUS_IDS };
  expect(await t.store.benchmarks.stimulusSet('four')).toEqual(set);
  expect(await t.store.benchmarks.stimulusSet(set.digest)).toEqual(set);
  expect(await t.store.benchmarks.stimulusSet('five')).toBeNull();
});
