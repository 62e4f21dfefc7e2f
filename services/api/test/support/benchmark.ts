import {
  type BenchmarkDefinition,
  type ImageResults,
  type Receipt,
  SCORING_VERSION,
  type ScoreReport,
} from '@corescore/contracts';

const digest = (letter: string): string => letter.repeat(64);

/** Six images, three of each band: as small as a benchmark can be and still have everything. */
export const STIMULUS_IDS = ['img-0', 'img-1', 'img-2', 'img-3', 'img-4', 'img-5'];
export const STIMULUS_SET = { identifier: 'tiny-objects', digest: digest('5') };

export function tinyBenchmark(id = 'tiny-ost', version = 0): BenchmarkDefinition {
  return {
    id,
    version,
    ref: `${id}@${version}`,
    digest: digest(id === 'tiny-ost' ? 'b' : 'c'),
    title: 'Tiny objects',
    sentence: 'Solution times of six images.',
    caveat: 'Made for tests.',
    stimulusSet: { ...STIMULUS_SET, images: 6, control: 3, challenge: 3 },
    sites: 4,
    visualDegrees: 8,
    binStartsMs: [70, 80],
    binMs: 10,
    regions: ['IT'],
    sortMetric: 'ost_rho_partial',
    parameters: { c: 0.01 },
    target: { rho: 0.9 },
    references: [],
  };
}

const images: ImageResults = {
  stimulusIds: STIMULUS_IDS,
  objects: ['bear', 'dog', 'bear', 'dog', 'bear', 'dog'],
  subsets: ['control', 'control', 'control', 'challenge', 'challenge', 'challenge'],
  thresholds: [1, 1, 1, 1, 1, 1],
  targetMs: [100, 101, 102, 130, 131, null],
  ostMs: [99.5, 101, 103, 128, null, null],
  ostReason: [null, null, null, null, 'never_solved', 'undefined'],
  binStartsMs: [70, 80],
  i1: [
    [0.5, 0.25, 0.125, 0, null, -1],
    [1.5, 1.25, 1.125, 1, 0.5, 0],
  ],
  correct: [1, 1, 1, 0.5, 0.5, 0],
};

/** What a worker would have found. */
export function report(benchmark: BenchmarkDefinition): ScoreReport {
  return {
    benchmark: benchmark.ref,
    benchmarkDigest: benchmark.digest,
    scoringVersion: SCORING_VERSION,
    scores: [
      {
        metric: 'ost_rho_partial',
        subset: 'all',
        region: 'IT',
        value: 0.412345678901234,
        low: 0.3,
        high: 0.5,
        unit: 'rho',
        n: 4,
        nTotal: 6,
      },
      {
        metric: 'ost_delay_p',
        subset: 'all',
        region: 'IT',
        value: null,
        unit: 'p',
        n: 0,
        nTotal: 6,
        reason: 'never_solved',
      },
    ],
    series: [
      {
        name: 'accuracy',
        subset: 'challenge',
        region: 'IT',
        axes: [{ name: 'time', unit: 'ms', values: [70, 80] }],
        values: [0.5, null],
        n: 3,
        unit: 'fraction',
      },
    ],
    images,
    notes: ['covers 70-90 of 70-90 ms'],
    maxDualityGap: 0.0001,
  };
}

export function receipt(
  runId: string,
  model: { owner: string; name: string; digest: string },
  benchmark: BenchmarkDefinition,
): Receipt {
  return {
    runId,
    model,
    benchmark: benchmark.ref,
    benchmarkDigest: benchmark.digest,
    stimulusSetDigest: STIMULUS_SET.digest,
    activations: { IT: digest('a') },
    versions: { node: '20', corescore: '0.1.0' },
    engine: 'onnxruntime-node',
    provider: 'cpu',
    seeds: { folds: 0 },
    scoringVersion: SCORING_VERSION,
    scores: report(benchmark).scores,
  };
}
