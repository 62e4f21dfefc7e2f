import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifest, readNpyHeader } from '@corescore/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Benchmark, bundledModels, loadBenchmark, type PrepareRequest, prepareTwin } from '../src/index.js';

const home = mkdtempSync(join(tmpdir(), 'corescore-twin-test-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let benchmark: Benchmark;
beforeAll(async () => {
  benchmark = await loadBenchmark('core-objects-ost', home);
});
const model = bundledModels().find((m) => m.name === 'ff-64')!;
const request = (change: Partial<PrepareRequest> = {}): PrepareRequest => ({
  manifest: parseManifest(JSON.parse(readFileSync(model.manifestPath, 'utf8'))),
  files: { 'model.onnx': model.modelPath },
  outDir: join(home, 'out'),
  limits: { wallSeconds: 120, memoryBytes: 2 ** 31, maxActivationBytes: 2 ** 28, threads: 1 },
  ...change,
});

describe('prepareTwin', () => {
  test('runs the same graph on shuffled weights: other activations of the model’s shape, the same each time', async () => {
    const progress: number[] = [];
    const twin = await prepareTwin(benchmark, request({ onProgress: (done) => progress.push(done) }));
    const again = await prepareTwin(benchmark, request({ outDir: join(home, 'again') }));
    if (!('path' in twin && 'path' in again)) throw new Error(JSON.stringify(twin));
    const { shape } = await readNpyHeader(twin.path);
    expect([shape[0], shape[1]]).toEqual([1, benchmark.labels.length]);
    expect(readFileSync(twin.path).equals(readFileSync(again.path))).toBe(true);
    expect(progress.at(-1)).toBe(benchmark.labels.length);
  });

  test('has none for supplied activations', async () => {
    const manifest = {
      manifestVersion: 1 as const,
      name: 'a',
      kind: 'activations' as const,
      stimuli: { set: 'core-objects-spike', ids: 'ids.txt' },
      regions: { IT: { file: 'it.npy', axes: ['stimulus', 'feature'] as ['stimulus', 'feature'] } },
    };
    expect(await prepareTwin(benchmark, request({ manifest }))).toMatchObject({ reason: 'not_run' });
  });

  test('that fails is told and leaves nothing; a text of the system stays inside', async () => {
    const outDir = join(home, 'failed');
    const tiny = await prepareTwin(
      benchmark,
      request({ outDir, limits: { ...request().limits, maxActivationBytes: 1000 } }),
    );
    expect(tiny).toMatchObject({ reason: 'failed', note: expect.stringContaining('1000 bytes') });
    const broken = join(home, 'broken.onnx');
    writeFileSync(broken, 'PK\x03\x04');
    expect(await prepareTwin(benchmark, request({ outDir, files: { 'model.onnx': broken } }))).toMatchObject({
      reason: 'failed',
      note: expect.stringContaining('zip archive'),
    });
    const gone = await prepareTwin(benchmark, request({ outDir, files: { 'model.onnx': join(home, 'gone.onnx') } }));
    expect(gone).toEqual({ reason: 'failed', note: 'the twin could not be run' });
    expect(existsSync(join(outDir, 'IT.npy'))).toBe(false);
  });

  test('an abort ends it with its reason', async () => {
    const controller = new AbortController();
    const running = prepareTwin(
      benchmark,
      request({ signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) }),
    );
    await expect(running).rejects.toThrow('enough');
  });
});
