import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifest, readNpyHeader, readNpyRows } from '@corescore/formats';
import { createOrtKernels } from '@corescore/linalg';
import { plsPredict, pooledGram, predictivity, splitHalfCeiling, type TrainTest } from '@corescore/metrics';
import { coreObjectsSpikePaths } from '@corescore/stimuli';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSimulatedIt, type SimulatedIt } from '../src/definitions/target.js';
import { type Benchmark, bundledModels, loadBenchmark, prepareActivations } from '../src/index.js';

interface Cell {
  mean: number;
  perSplit: number[];
  split0FirstFive: Record<string, number[]>;
}
const reference = JSON.parse(readFileSync(new URL('./fixtures/reference_pls.json', import.meta.url), 'utf8')) as {
  test: number[][];
  reference: Record<string, Record<string, Cell>>;
  ceiling: { perBin: Record<string, number> };
};
const CELLS = [
  { name: 'bl-64 step 4', model: 'bl-64', step: 4 },
  { name: 'ff-64', model: 'ff-64', step: 0 },
];
const LIMITS = { wallSeconds: 120, memoryBytes: 2 ** 31, maxActivationBytes: 2 ** 28, threads: 1 };

const home = mkdtempSync(join(tmpdir(), 'corescore-predictivity-'));
let benchmark: Benchmark;
let it: SimulatedIt;
let draws: Float32Array[];
beforeAll(async () => {
  benchmark = await loadBenchmark('core-objects-ost', home);
  it = await readSimulatedIt(coreObjectsSpikePaths().targetPath);
  draws = Array.from({ length: it.draws }, (_, d) => it.draw(d));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const n = () => it.stimulusIds.length;
const binOf = (name: string): number => it.bins.findIndex((b) => `${b.startMs}-${b.endMs}` === name);
/** One bin of one draw, image x site. */
const response = (draw: Float32Array, bin: number): Float64Array =>
  Float64Array.from(draw.subarray(bin * n() * it.sites, (bin + 1) * n() * it.sites));
const meanOfDraws = (bin: number): Float64Array =>
  response(draws[0], bin).map((_, at) => draws.reduce((sum, d) => sum + d[bin * n() * it.sites + at], 0) / it.draws);

/** IT features of one step, by running the bundled model. */
async function features(name: string, step: number): Promise<{ x: Float32Array; f: number }> {
  const model = bundledModels().find((m) => m.name === name)!;
  const prepared = await prepareActivations(benchmark, {
    manifest: parseManifest(JSON.parse(readFileSync(model.manifestPath, 'utf8'))),
    files: { 'model.onnx': model.modelPath },
    outDir: join(home, name),
    limits: LIMITS,
  });
  const { path, features: f } = prepared.regions.IT!;
  return { x: await readNpyRows(path, await readNpyHeader(path), step, 1), f };
}

describe('PLS predictivity of the simulated IT', () => {
  test.each(CELLS)(
    '$name: scikit-learn’s predictions (1e-6 of the largest) and scores of every split (1e-5) in three bins',
    async ({ name, model, step }) => {
      const { x, f } = await features(model, step);
      const kernels = await createOrtKernels({ threads: 1 });
      const gram = await pooledGram(x, n(), f, kernels);
      const splits: TrainTest[] = reference.test.map((rows) => ({
        train: Int32Array.from({ length: n() }, (_, i) => i).filter((i) => !rows.includes(i)),
        test: Int32Array.from(rows),
      }));
      for (const [bin, cell] of Object.entries(reference.reference[name])) {
        const target = { y: meanOfDraws(binOf(bin)), n: n(), m: it.sites };
        const { predictions } = await plsPredict(gram, target, splits);
        const largest = predictions[0].reduce((max, v) => Math.max(max, Math.abs(v)), 0);
        for (const [site, values] of Object.entries(cell.split0FirstFive)) {
          values.forEach((value, row) => {
            expect(Math.abs(predictions[0][row * it.sites + Number(site)] - value)).toBeLessThan(1e-6 * largest);
          });
        }
        const score = predictivity(target, splits, predictions);
        expect(Math.abs(score.value! - cell.mean)).toBeLessThan(1e-5);
        score.perSplit.forEach(({ median }, k) => {
          expect(Math.abs(median! - cell.perSplit[k])).toBeLessThan(1e-5);
        });
        expect(score.n).toBe(it.sites);
      }
      await kernels.dispose();
    },
  );

  test('the split-half ceiling of all four draws is the reference’s (1e-6)', () => {
    for (const [bin, value] of Object.entries(reference.ceiling.perBin)) {
      const repetitions = draws.map((draw) => response(draw, binOf(bin)));
      const ceiling = splitHalfCeiling(repetitions, n(), it.sites, 1);
      expect(Math.abs(ceiling.value! - value)).toBeLessThan(1e-6);
      expect(ceiling.n).toBe(it.sites);
    }
  });
});
