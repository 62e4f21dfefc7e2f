import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { CorescoreError, type ImageResults, type ScoreReport } from '@corescore/contracts';
import { readNpyHeader, readNpyRows, writeNpyFloat32 } from '@corescore/formats';
import { leastSquaresLine, RandomState } from '@corescore/metrics';
import type { Benchmark } from '../../definitions/benchmark.js';
import { withPool } from '../../processes/pool.js';
import type { ScoreOptions } from '../../scoring/options.js';
import { scoreActivations } from '../../scoring/score.js';
import { buildReport, type Observation } from './report.js';

/** Seed of the ramp's uniform noise and its standard deviation, in units of the z-scored features. */
const RAMP = { seed: 21, noiseSd: 0.5 };

const report = (benchmark: Benchmark, seen: Observation, options: ScoreOptions): Promise<ScoreReport> =>
  withPool(options.threads ?? availableParallelism(), options.signal, (pool) => buildReport(benchmark, seen, pool));

/** Null "threshold only": the mean i1 curve of a recurrent reference for every image (METRICS 4). */
export async function thresholdOnly(
  benchmark: Benchmark,
  source: ImageResults,
  options: ScoreOptions = {},
): Promise<ScoreReport> {
  const images = benchmark.labels.length;
  if (source.i1.length !== benchmark.bins.length) {
    throw new CorescoreError(
      'metric_undefined',
      'The threshold-only row needs a reference with a curve over the time bins.',
      {
        remedy: 'Take a recurrent reference.',
      },
    );
  }
  const i1 = source.i1.map((curve) => {
    const defined = curve.filter((v) => v !== null);
    if (defined.length === 0) return null;
    return new Float64Array(images).fill(defined.reduce((a, b) => a + b, 0) / defined.length);
  });
  return report(
    benchmark,
    {
      i1,
      correct: null,
      temporal: true,
      predictivity: null,
      maxDualityGap: null,
      notes: ['One curve for every image: nothing was decoded.'],
    },
    options,
  );
}

/** Null "difficulty look-up": the least-squares line of the target times on difficulty, read at each image. */
export async function difficultyLookUp(benchmark: Benchmark, options: ScoreOptions = {}): Promise<ScoreReport> {
  const { slope, intercept } = leastSquaresLine(benchmark.difficulty, benchmark.targetMs);
  const ostMs = benchmark.difficulty.map((load) => intercept + slope * load);
  return report(
    benchmark,
    {
      i1: [],
      correct: null,
      ostMs,
      temporal: true,
      predictivity: null,
      maxDualityGap: null,
      notes: ['Times read off a line: nothing was decoded.'],
    },
    options,
  );
}

/**
 * Null "feed-forward + ramp": features z-scored over the images (std 0 -> 1), times (k + 1) / bins in bin k, plus
 * uniform noise. Written to `outPath` as activations with one step a bin.
 */
async function writeRamp(benchmark: Benchmark, featuresPath: string, outPath: string): Promise<void> {
  const header = await readNpyHeader(featuresPath);
  const [, n, f] = header.shape;
  const x = await readNpyRows(featuresPath, header, 0, 1);
  const z = new Float64Array(n * f);
  for (let j = 0; j < f; j++) {
    let mean = 0;
    let square = 0;
    for (let i = 0; i < n; i++) mean += x[i * f + j] / n;
    for (let i = 0; i < n; i++) square += (x[i * f + j] - mean) ** 2 / n;
    const sd = Math.sqrt(square) || 1;
    for (let i = 0; i < n; i++) z[i * f + j] = (x[i * f + j] - mean) / sd;
  }
  const random = new RandomState(RAMP.seed);
  const bins = benchmark.bins.length;
  const out = new Float32Array(bins * n * f);
  const amplitude = RAMP.noiseSd * Math.sqrt(3);
  for (let k = 0; k < bins; k++) {
    for (let i = 0; i < n * f; i++) out[k * n * f + i] = ((k + 1) / bins) * z[i] + amplitude * (2 * random.rand() - 1);
  }
  await mkdir(dirname(outPath), { recursive: true });
  await writeNpyFloat32(outPath, [bins, n, f], out);
}

export async function feedForwardRamp(
  benchmark: Benchmark,
  featuresPath: string,
  scratchPath: string,
  options: ScoreOptions = {},
): Promise<ScoreReport> {
  await writeRamp(benchmark, featuresPath, scratchPath);
  const windowsMs = benchmark.bins.map((b): [number, number] => [b.startMs, b.endMs]);
  return scoreActivations(benchmark, { path: scratchPath, clock: { windowsMs }, temporal: true }, options);
}
