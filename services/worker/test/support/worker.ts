import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Benchmark } from '@corescore/benchmarks';
import type { ActivationsManifest, BenchmarkDefinition, Manifest, RunView } from '@corescore/contracts';
import { parseEnv } from '@corescore/contracts/env';
import { modelVersionDigest, npyHeaderBytes } from '@corescore/formats';
import { keepPixels } from '@corescore/stimuli';
import { openStore, type Store } from '@corescore/store';
import { testDatabase } from '@corescore/store/testing';
import { IMAGES, smallBenchmark } from '../../../../packages/benchmarks/test/support/small-benchmark.js';
import { manifest as networkManifest, SIDE } from '../../../../packages/runtime/test/models.js';
import { onnxFile } from '../../../../packages/runtime/test/onnx-writer.js';
import type { Context } from '../../src/context.js';
import { extractRun } from '../../src/jobs/extract.js';
import { Pauses } from '../../src/jobs/pauses.js';
import { scoreRun } from '../../src/jobs/score.js';

/** Numbers of [-1, 1), the same each time. */
function numbers(seed: number, count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const FEATURES = 12;
const clock = { onsetMs: 70, stepMs: 20 };

/** A network of two steps: random projections of the image. */
export function network(name: string): [Manifest, Record<string, Buffer>] {
  const inputs = 3 * SIDE * SIDE;
  const model = onnxFile({
    inputs: [{ name: 'image', dims: ['batch', 3, SIDE, SIDE] }],
    outputs: ['it1', 'it2'].map((output) => ({ name: output, dims: ['batch', FEATURES] })),
    nodes: [
      { op: 'Flatten', in: ['image'], out: ['flat'] },
      { op: 'MatMul', in: ['flat', 'w1'], out: ['it1'] },
      { op: 'MatMul', in: ['flat', 'w2'], out: ['it2'] },
    ],
    constants: ['w1', 'w2'].map((weights, i) => ({
      name: weights,
      dims: [inputs, FEATURES],
      values: numbers(i + 1, inputs * FEATURES),
    })),
  });
  return [
    networkManifest({ name, clock, regions: { IT: { outputs: ['it1', 'it2'] } } }),
    { 'model.onnx': Buffer.from(model) },
  ];
}

/** The same number of steps as an array that came with the submission. */
export function supplied(name: string, ids: readonly string[]): [Manifest, Record<string, Buffer>] {
  const shape = [2, IMAGES, FEATURES];
  const values = Float32Array.from(numbers(3, 2 * IMAGES * FEATURES));
  const manifest: ActivationsManifest = {
    manifestVersion: 1,
    name,
    kind: 'activations',
    clock,
    stimuli: { set: 'small', ids: 'ids.txt' },
    regions: { IT: { file: 'it.npy', axes: ['step', 'stimulus', 'feature'] } },
  };
  return [
    manifest,
    {
      'it.npy': Buffer.concat([npyHeaderBytes('<f4', shape), Buffer.from(values.buffer)]),
      'ids.txt': Buffer.from(`${ids.join('\n')}\n`),
    },
  ];
}

export interface Worker {
  store: Store;
  home: string;
  context: Context;
  benchmark: Benchmark;
  /** Stores a version as an upload does, and submits it. */
  submit(owner: string, version: [Manifest, Record<string, Buffer>]): Promise<RunView>;
  /** Stores its files again, as the same upload does. */
  upload(owner: string, version: [Manifest, Record<string, Buffer>]): Promise<string>;
  /** One job each, as the queues deliver them. */
  extract(id: string): Promise<RunView>;
  score(id: string): Promise<RunView>;
  view(id: string): Promise<RunView>;
  close(): Promise<void>;
}

/** The worker's jobs on a database and a home of their own, with a benchmark of sixty images. */
export async function openWorker(settings: Record<string, string> = {}): Promise<Worker> {
  const home = mkdtempSync(join(tmpdir(), 'corescore-worker-'));
  const database = await testDatabase();
  const store = await openStore({ databaseUrl: database.databaseUrl, home });
  await store.migrate();
  const small = smallBenchmark();
  const { stimuli } = small.stimulusSet;
  const ids = stimuli.map((stimulus) => stimulus.id);
  const half = { images: IMAGES, control: IMAGES / 2, challenge: IMAGES / 2 };
  const definition: BenchmarkDefinition = {
    ...{ id: 'small', version: 0, ref: 'small@0', digest: '0'.repeat(64) },
    ...{ title: 'Small', sentence: 'Sixty images.', caveat: 'Made for tests.' },
    stimulusSet: { identifier: 'small', digest: '1'.repeat(64), ...half },
    ...{ sites: 3, visualDegrees: 8, binStartsMs: [70, 80, 90, 100], binMs: 10, regions: ['IT'] },
    ...{ sortMetric: 'ost_rho_partial', parameters: { folds: { seeds: [1, 2] } }, target: {}, references: [] },
  };
  const bytes = IMAGES * SIDE * SIDE * 3;
  const data = Uint8Array.from(numbers(9, bytes), (v) => 128 + 120 * v);
  const pixels = () =>
    keepPixels(join(home, 'stimuli', 'small.npy'), async () => ({ n: IMAGES, height: SIDE, width: SIDE, data }));
  const benchmark: Benchmark = { ...small, definition, pixels };
  await store.benchmarks.register(definition, ids);
  const context: Context = {
    store,
    env: parseEnv({ CORESCORE_HOME: home, CORESCORE_BESIDE: 'no', ...settings }, home),
    benchmarks: new Map([['small@0', benchmark]]),
    shutdown: new AbortController().signal,
    startedAt: await store.rescores.reconsider(),
    pauses: new Pauses(),
    log: () => undefined,
  };
  const view = async (id: string) => (await store.runs.view(id))!;
  const upload: Worker['upload'] = async (owner, [manifest, contents]) => {
    const files = [];
    for (const [path, content] of Object.entries(contents)) {
      const digest = createHash('sha256').update(content).digest('hex');
      const staged = join(home, basename(path));
      writeFileSync(staged, content);
      await store.blobs.adopt(staged, digest);
      files.push({ path, digest, bytes: content.length });
    }
    const digest = modelVersionDigest(manifest, files);
    const { name } = manifest;
    // Networks of the same file are the same network: their runs share activations.
    const semanticDigest = files.find((file) => file.path === 'model.onnx')?.digest ?? null;
    const facts = { temporal: true, parameters: null, semanticDigest };
    await store.models.createVersion({ owner, name, digest, manifest, files, ...facts });
    await store.runs.retryRepaired(files.map((file) => file.digest));
    return digest;
  };
  return {
    ...{ store, home, context, benchmark, view, upload },
    async submit(owner, version) {
      const modelVersion = await upload(owner, version);
      const request = { owner, tokenId: null, bodyDigest: modelVersion, modelVersion, benchmarks: ['small@0'] };
      return (await store.submissions.create(request)).submission.runs[0]!;
    },
    async extract(id) {
      await extractRun(context, { runId: id, attempt: 0 });
      return view(id);
    },
    async score(id) {
      await scoreRun(context, { runId: id, attempt: 0 });
      return view(id);
    },
    async close() {
      await store.close();
      await database.drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Changes one byte in the middle of a file. */
export function damage(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.length >> 1;
  bytes[at] = bytes[at]! ^ 0xff;
  writeFileSync(path, bytes);
}
