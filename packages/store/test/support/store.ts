import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Receipt, type RunView, SCORING_VERSION, type ScoreReport } from '@corescore/contracts';
import pg from 'pg';
import { openStore } from '../../src/index.js';
import { testDatabase } from '../../src/testing.js';
import type { NewModelVersion, Store, StoreOptions } from '../../src/types.js';
import { BENCHMARK, STIMULUS_IDS } from './benchmark.js';

export const digest = (character: string): string => character.repeat(64);

export interface TestStore {
  store: Store;
  home: string;
  databaseUrl: string;
  /** A statement on the side, to back-date a row as time would. */
  sql<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
  /** Another process's view of the same database. */
  second(options?: Partial<StoreOptions>): Promise<Store>;
  close(): Promise<void>;
}

/** A migrated store with one benchmark, on a database of its own. */
export async function openTestStore(options: Partial<StoreOptions> = {}): Promise<TestStore> {
  const database = await testDatabase();
  const home = mkdtempSync(join(tmpdir(), 'corescore-store-'));
  const store = await openStore({ databaseUrl: database.databaseUrl, home, ...options });
  await store.migrate();
  await store.benchmarks.register(BENCHMARK, STIMULUS_IDS);
  const side = new pg.Client({ connectionString: database.databaseUrl, options: '-c search_path=corescore' });
  await side.connect();
  const opened: Store[] = [store];
  return {
    store,
    home,
    databaseUrl: database.databaseUrl,
    sql: async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await side.query<R>(text, values)).rows,
    async second(more = {}) {
      const other = await openStore({ databaseUrl: database.databaseUrl, home, ...more });
      opened.push(other);
      return other;
    },
    async close() {
      for (const each of opened) await each.close();
      await side.end();
      await database.drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export const modelVersion = (change: Partial<NewModelVersion> = {}): NewModelVersion => ({
  owner: 'ada',
  name: 'net',
  digest: digest('a'),
  manifest: { kind: 'onnx', description: 'a small net' },
  files: [{ path: 'model.onnx', digest: digest('f'), bytes: 12 }],
  temporal: true,
  parameters: 40_000_000_000,
  semanticDigest: digest('5'),
  ...change,
});

/** A queued run of a model, which is made where it is not there. */
export async function queueRun(store: Store, change: Partial<NewModelVersion> = {}): Promise<RunView> {
  const { version } = await store.models.createVersion(modelVersion(change));
  const { submission } = await store.submissions.create({
    owner: version.owner,
    tokenId: null,
    bodyDigest: digest('b'),
    modelVersion: version.digest,
    benchmarks: [BENCHMARK.ref],
  });
  return submission.runs[0]!;
}

/** No lease runs out by itself while a test runs: time passes by back-dating rows. */
export const LEASE_SECONDS = 3600;

/** Brings a queued run to scoring, held by `holder`. */
export async function toScoring(store: Store, id: string, holder: string): Promise<void> {
  await store.runs.claim(id, 'extracting', holder, LEASE_SECONDS);
  await store.runs.toScoring(id, holder, { extractionKey: null, engine: 'onnxruntime-node 1.30.0', provider: 'cpu' });
  await store.runs.claim(id, 'scoring', holder, LEASE_SECONDS);
}

export const report = (rho: number | null = 0.123456789012345): ScoreReport => ({
  benchmark: BENCHMARK.ref,
  benchmarkDigest: BENCHMARK.digest,
  scoringVersion: SCORING_VERSION,
  scores: [
    {
      metric: 'ost_rho_partial',
      subset: 'all',
      region: 'IT',
      ...(rho === null ? { value: null, reason: 'not_temporal' } : { value: rho, low: 0.1, high: 0.2 }),
      unit: 'rho',
      n: 2,
      nTotal: 4,
      note: 'two of four',
    },
    { metric: 'accuracy', subset: 'control', region: 'IT', value: 1 / 3, unit: 'fraction', n: 2, nTotal: 2 },
  ],
  series: [
    {
      name: 'accuracy',
      subset: 'all',
      region: 'IT',
      axes: [{ name: 'time', unit: 'ms', values: [70, 80] }],
      values: [0.1, null],
      n: 4,
      unit: 'fraction',
    },
  ],
  images: {
    stimulusIds: [...STIMULUS_IDS],
    objects: ['bear', 'bear', 'dog', 'dog'],
    subsets: ['control', 'challenge', 'control', 'challenge'],
    thresholds: [1, 1, 1, 1],
    targetMs: [100, 130, 110, 140],
    ostMs: [100.5, 131, 110.5, null],
    ostReason: [null, null, null, 'never_solved'],
    binStartsMs: [70, 80],
    i1: [
      [0.1, 0.2, 0.3, null],
      [1.1, 1.2, 1.3, 0.4],
    ],
    correct: [1, 1, 2 / 3, 0],
  },
  notes: ['covers 70-90 of 70-90 ms'],
  maxDualityGap: 1e-7,
});

export const receipt = (runId: string): Receipt => ({
  runId,
  model: { owner: 'ada', name: 'net', digest: digest('a') },
  benchmark: BENCHMARK.ref,
  benchmarkDigest: BENCHMARK.digest,
  stimulusSetDigest: BENCHMARK.stimulusSet.digest,
  activations: { IT: digest('9') },
  versions: { corescore: '0.1.0' },
  engine: 'onnxruntime-node 1.30.0',
  provider: 'cpu',
  seeds: { folds: [1, 2, 3] },
  scoringVersion: SCORING_VERSION,
  scores: report().scores,
});
