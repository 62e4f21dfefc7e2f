import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Benchmark } from '@corescore/benchmarks';
import { SCORING_VERSION } from '@corescore/contracts';
import { parseEnv } from '@corescore/contracts/env';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BENCHMARK } from '../../../packages/store/test/support/benchmark.js';
import {
  digest,
  LEASE_SECONDS,
  openTestStore,
  queueRun,
  receipt,
  report,
  type TestStore,
} from '../../../packages/store/test/support/store.js';
import type { Context } from '../src/context.js';
import { Pauses } from '../src/jobs/pauses.js';
import { scoreAgain } from '../src/jobs/score-again.js';

let t: TestStore;
let context: Context;
beforeEach(async () => {
  t = await openTestStore();
  context = {
    store: t.store,
    env: parseEnv({}, t.home),
    benchmarks: new Map([[BENCHMARK.ref, { definition: BENCHMARK } as Benchmark]]),
    shutdown: new AbortController().signal,
    startedAt: await t.store.rescores.reconsider(),
    pauses: new Pauses(),
    log: () => undefined,
  };
});
afterEach(() => t.close());

/** A network that version 1 has scored, its activations on disk. */
async function network(name: string, character: string): Promise<{ id: string; path: string }> {
  const { store } = t;
  const path = await store.blobs.derivedPath(digest(character), 'IT.npy');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'activations');
  const { id } = await queueRun(store, { owner: 'corescore', name, digest: digest(character) });
  await store.runs.claim(id, 'extracting', 'w', LEASE_SECONDS);
  await store.extractions.claim(digest(character), 'w', LEASE_SECONDS);
  const region = { path, steps: 1, stimuli: 4, features: 2, temporal: false };
  const extracted = { engine: 'e', provider: 'p', regions: { IT: region }, stats: {} };
  await store.extractions.done(digest(character), 'w', extracted);
  await store.runs.toScoring(id, 'w', { extractionKey: digest(character), engine: 'e', provider: 'p' });
  await finish(id, 1);
  return { id, path };
}

/** A null row that version 1 has made of `source`. */
async function nullRow(name: string, character: string, source: string | null): Promise<string> {
  const manifest = { kind: 'null', name, sourceRun: source };
  const { id } = await queueRun(t.store, { owner: 'corescore', name, digest: digest(character), manifest, files: [] });
  await t.store.runs.claim(id, 'extracting', 'w', LEASE_SECONDS);
  await t.store.runs.toScoring(id, 'w', { extractionKey: null, engine: 'none', provider: 'none' });
  await finish(id, 1);
  return id;
}

async function finish(id: string, version: number): Promise<void> {
  await t.store.runs.claim(id, 'scoring', 'w', LEASE_SECONDS);
  const result = { report: { ...report(), scoringVersion: version }, receipt: receipt(id) };
  expect(await t.store.runs.finish(id, 'w', result)).toBe(true);
}

/** Runs that score others again and are not scored yet: which ones they supersede. */
const underWay = async () =>
  (await t.store.runs.list({ limit: 100 })).items
    .filter((run) => run.supersedes !== null && run.endedAt === null)
    .map((run) => run.supersedes);
const why = async (id: string) => (await t.store.runs.view(id))!.struckReason;

test('a start has runs of an older version scored again, once, in the background; a second start takes up the rest', async () => {
  const { id } = await network('net', '1');
  await scoreAgain(context);
  await scoreAgain({ ...context, startedAt: await t.store.rescores.reconsider() });
  expect(await underWay()).toEqual([id]);
  expect((await t.store.queues.counts()).score.waiting).toBe(1);
});

test('a run whose activations are gone stands struck through with that reason', async () => {
  const { id, path } = await network('net', '1');
  rmSync(path);
  await scoreAgain(context);
  expect(await underWay()).toEqual([]);
  expect(await why(id)).toBe('scored by version 1; its activations are gone');
});

test('a run of a benchmark that the worker lacks stands struck through with that reason', async () => {
  const { id } = await network('net', '1');
  await scoreAgain({ ...context, benchmarks: new Map() });
  expect(await why(id)).toBe('scored by version 1; the worker does not have tiny@0');
});

test('a null row is scored again after the run that it is made of', async () => {
  const source = await network('net', '1');
  const row = await nullRow('null-threshold-only', '2', source.id);
  const alone = await nullRow('null-difficulty-look-up', '3', null);
  await scoreAgain(context);
  expect((await underWay()).sort()).toEqual([source.id, alone].sort());
  expect(await why(row)).toBe('scored by version 1; waits to be scored again');
  const [first] = (await t.store.runs.list({ limit: 100 })).items.filter((run) => run.supersedes === source.id);
  await finish(first!.id, SCORING_VERSION);
  await scoreAgain(context);
  expect((await underWay()).sort()).toEqual([row, alone].sort());
});

test('a null row whose source cannot be scored again stands struck through with it', async () => {
  const source = await network('net', '1');
  const row = await nullRow('null-threshold-only', '2', source.id);
  rmSync(source.path);
  await scoreAgain(context);
  await scoreAgain(context);
  expect(await why(row)).toBe('scored by version 1; the run that it is made of stands scored by version 1');
  expect(await underWay()).toEqual([]);
});
