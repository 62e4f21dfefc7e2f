import { type OstCorrelationInput, RandomState, type Target } from '../../src/index.js';
import { fixture } from '../fixtures.js';

export type Maybe = number | null;

interface Predictivity {
  repetitions: number;
  value: number;
  error: number;
  /** [split][neuroid] */
  r: Maybe[][];
  ceiling: number;
  ceilingError: number;
  /** [halving][neuroid], after Spearman-Brown. */
  halvings: Maybe[][];
  ceiled: number;
  ceiledError: number;
}

interface Repeated {
  value: number;
  error: number;
  perRepetition: number[];
}

/** What Brain-Score said: the README says how `brainscore.json` was made. */
export const brainScore = fixture('brainscore') as {
  data: { seed: number; n: number; f: number; bins: number; objects: number; sites: number };
  names: string[];
  startsMs: number[];
  /** f*objects row-major: what TensorFlow draws for this shape from Brain-Score's seed. */
  firstWeights: number[];
  ost: {
    value: number;
    error: number;
    ceiled: number;
    ceiledError: number;
    splits: { test: number[]; rho: Maybe; probabilities: number[][]; i1: number[][]; osts: Maybe[] }[];
  };
  otherSeeds: number[];
  edges: {
    objectAbsentFromTest: string;
    constantTimes: Maybe;
    oneImage: Maybe;
    noImage: Maybe;
    splitsWithoutRho: { value: number; error: number };
    static: boolean;
  };
  pls: Predictivity[];
  behaviour: {
    cases: { name: string; raises?: string; i1: Maybe[]; i1n: Maybe[]; i2: Maybe[]; i2n: Maybe[] }[];
    consistency: Record<'i1' | 'i1n' | 'i2' | 'i2n', { score: Repeated; ceiling: Repeated }>;
  };
};

export const orNaN = (values: readonly Maybe[]): Float64Array => Float64Array.from(values, (v) => v ?? Number.NaN);

export interface BrainScoreData {
  input: OstCorrelationInput;
  objects: string[];
  /** [bin] n*f */
  bins: Float32Array[];
  /** n*sites each; site 3 is silent. */
  repetitions: Float64Array[];
}

/** The assembly of `make_brainscore.py`, number for number. */
export function brainScoreData(): BrainScoreData {
  const { seed, n, f, bins, objects, sites } = brainScore.data;
  const random = new RandomState(seed);
  const whole = (count: number, span: number) =>
    Float64Array.from({ length: count }, () => Math.floor(random.rand() * span));
  const labels = Int32Array.from({ length: n }, (_, i) => (i * 3 + 2) % objects);
  const onset = whole(n, 6);
  const strength = whole(n, 3).map((v) => v + 1);
  const pattern = whole(objects * f, 3).map((v) => v - 1);
  const still = whole(n * f, 65).map((v) => v / 16);
  const features = Array.from({ length: bins }, (_, t) => {
    const moving = whole(n * f, 65);
    return Float32Array.from(moving, (v, at) => {
      const [i, j] = [Math.floor(at / f), at % f];
      const drive = (Math.min(4, Math.max(0, t + 1 - onset[i])) * strength[i]) / 4;
      return still[at] + v / 16 + drive * pattern[labels[i] * f + j];
    });
  });
  const thresholds = whole(n, 21).map((v) => v / 16 + 1 / 8);
  const late = whole(n, 160);
  const targetMs = late.map((v, i) => 70 + 10 * onset[i] + 20 * (4 - strength[i]) * thresholds[i] + v / 16);
  whole(n, 10).forEach((v, i) => {
    if (v === 0) targetMs[i] = Number.NaN;
  });
  const weights = whole(f * sites, 3).map((v) => v - 1);
  const signal = new Float64Array(n * sites);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < f; j++) {
      for (let s = 0; s < sites; s++)
        signal[i * sites + s] += ((features[bins - 1][i * f + j] - 4) * weights[j * sites + s]) / 8;
    }
  }
  const repetitions = Array.from({ length: 5 }, () =>
    whole(n * sites, 81).map((v, at) => (at % sites === 3 ? 2 : signal[at] + v / 8)),
  );
  return {
    input: {
      n,
      f,
      features: (step) => features[step],
      stepOfBin: [...features.keys()],
      startsMs: brainScore.startsMs,
      labels,
      classes: objects,
      thresholds,
      targetMs,
    },
    objects: Array.from(labels, (label) => brainScore.names[label]),
    bins: features,
    repetitions,
  };
}

export function meanTarget(repetitions: readonly Float64Array[], n: number, m: number): Target {
  const y = new Float64Array(n * m);
  for (const of of repetitions) for (let at = 0; at < y.length; at++) y[at] += of[at] / repetitions.length;
  return { y, n, m };
}
