import { availableParallelism } from 'node:os';
import type { ScoreReport } from '@corescore/contracts';
import type { Benchmark } from '../definitions/benchmark.js';
import { ownParts, predictOwn } from '../kinds/predictivity/predict.js';
import { buildReport, type Observation } from '../kinds/solution-times/report.js';
import { type ScoringPool, withPool } from '../processes/pool.js';
import { type Announce, announceTo, type ScoreOptions } from './options.js';
import { type Activations, subjectOf } from './subject.js';

async function observe(
  benchmark: Benchmark,
  activations: Activations,
  pool: ScoringPool,
  announce: Announce,
): Promise<Observation> {
  const { path, mixtures, ofBin, ofRecording, temporal, notes } = await subjectOf(benchmark, activations);
  const { labels, folds, decoder } = benchmark;
  const parts = ownParts(mixtures, ofRecording);
  const onDone = announce(mixtures.length + parts.length);
  const decodeOne = async (weights: Float64Array) => {
    const task = { path, weights, labels, classes: benchmark.classes.length, folds, c: decoder.c };
    const found = await pool.run('decodeMixture', task);
    onDone();
    return found;
  };
  const [decoded, predictivity] = await Promise.all([
    Promise.all(mixtures.map(decodeOne)),
    predictOwn(benchmark, path, parts, pool, onDone),
  ]);
  const ofMixture = (m: number) => (m < 0 ? null : decoded[m]);
  return {
    i1: ofBin.map((m) => ofMixture(m)?.i1 ?? null),
    correct: ofBin.map((m) => ofMixture(m)?.correct ?? null),
    temporal,
    predictivity,
    maxDualityGap: Math.max(...decoded.map(({ maxGap }) => maxGap)),
    notes: [...notes, `Computed with ${await pool.run('kernelsUsed', null)}.`],
  };
}

/**
 * The headline: decodes the activations over time and scores them, with the scores that a board sorts and gates by. What
 * says how much they are worth is computed afterwards (`scoreControl`). The one code path of server, `run --local` and tests.
 *
 * @throws CorescoreError `array_shape`, `invalid_manifest` (a clock outside the benchmark's time), `metric_undefined`,
 *   `infrastructure` (a scoring process was lost); the signal's reason when it is aborted
 */
export async function scoreActivations(
  benchmark: Benchmark,
  activations: Activations,
  options: ScoreOptions = {},
): Promise<ScoreReport> {
  return withPool(options.threads ?? availableParallelism(), options.signal, async (pool) =>
    buildReport(benchmark, await observe(benchmark, activations, pool, announceTo(options.onProgress)), pool),
  );
}
