import type { Benchmark } from '../../src/index.js';
import type { Recordings } from '../../src/kinds/predictivity/recordings.js';

export const withRecordings = (benchmark: Benchmark, changes: Partial<Recordings>): Benchmark => ({
  ...benchmark,
  recordings: { ...benchmark.recordings, ...changes },
});

/** The benchmark with few neuroids, splits and draws: what a test of the way through the code needs, and no more. */
export function withLightRecordings(benchmark: Benchmark): Benchmark {
  const { recordings } = benchmark;
  const neuroids = 6;
  const few = (y: Float64Array) => y.filter((_, at) => at % recordings.neuroids < neuroids);
  return withRecordings(benchmark, {
    neuroids,
    responses: recordings.responses.map(few),
    splits: recordings.splits.slice(0, 2),
    bootstrap: { draws: 50, seed: 1 },
  });
}

/** The first images of a benchmark, as far as predicting recordings goes; the splits are the caller's. */
export const withFewImages = (benchmark: Benchmark, images: number): Benchmark => ({
  ...benchmark,
  labels: benchmark.labels.slice(0, images),
  isChallenge: benchmark.isChallenge.slice(0, images),
});
