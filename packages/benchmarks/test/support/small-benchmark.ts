import { join } from 'node:path';
import { writeNpyFloat32 } from '@corescore/formats';
import { RandomState, stratifiedKFold } from '@corescore/metrics';
import type { Benchmark } from '../../src/index.js';

export const IMAGES = 60;
export const CLASSES = 3;
export const BINS = 4;

/** A benchmark of sixty images in four bins of 10 ms from 70 ms, small enough to be scored many times in a test. */
export function smallBenchmark(): Benchmark {
  const random = new RandomState(1);
  const labels = Int32Array.from({ length: IMAGES }, (_, i) => i % CLASSES);
  const isChallenge = Uint8Array.from({ length: IMAGES }, (_, i) => (i >= IMAGES / 2 ? 1 : 0));
  const strata = Array.from(labels, (label, i) => `${label}|${isChallenge[i]}`);
  const stimuli = Array.from(labels, (label, i) => ({
    id: `image-${String(i).padStart(2, '0')}`,
    object: `object ${label}`,
    subset: isChallenge[i] === 1 ? 'challenge' : 'control',
  }));
  const neuroids = 3;
  const response = () => Float64Array.from({ length: IMAGES * neuroids }, () => random.rand());
  const rows = Int32Array.from({ length: IMAGES }, (_, i) => i);
  return {
    definition: { ref: 'small@0', digest: '0'.repeat(64) } as Benchmark['definition'],
    stimulusSet: { identifier: 'small', digest: '1'.repeat(64), stimuli } as unknown as Benchmark['stimulusSet'],
    pixels: async () => '',
    labels,
    classes: ['object 0', 'object 1', 'object 2'],
    isChallenge,
    difficulty: Float64Array.from(labels, () => random.rand()),
    thresholds: Float64Array.from(labels, () => 0.8 + 0.4 * random.rand()),
    targetMs: Float64Array.from(labels, (_, i) => 80 + 20 * random.rand() + 10 * isChallenge[i]),
    folds: [1, 2].map((seed) => stratifiedKFold(strata, 5, seed)),
    bins: Array.from({ length: BINS }, (_, b) => ({ startMs: 70 + 10 * b, endMs: 80 + 10 * b })),
    recordings: {
      responses: Array.from({ length: BINS }, response),
      neuroids,
      splits: [{ train: rows.filter((i) => i % 5 !== 0), test: rows.filter((i) => i % 5 === 0) }],
      mapping: { kind: 'pls', components: 2 },
      bootstrap: { draws: 50, seed: 1 },
      ceiling: () => null,
    },
    bracket: 'best',
    trialNoise: () => 0.5,
    decoder: { c: 0.01 },
    bootstrap: { draws: 200, seed: 1 },
  };
}

/**
 * Activations of `codes.length` steps: at step s an image of class c raises feature codes[s][c] by `strengths[s]` above
 * noise of 1; Challenge images by half of it.
 */
export async function plantedActivations(
  folder: string,
  name: string,
  benchmark: Benchmark,
  plan: { features: number; strengths: number[]; codes?: number[][] },
): Promise<{ path: string; steps: Float32Array[] }> {
  const { features, strengths, codes } = plan;
  const random = new RandomState(7);
  const steps = strengths.map((strength, s) =>
    Float32Array.from({ length: IMAGES * features }, (_, at) => {
      const image = Math.floor(at / features);
      const signal = at % features === (codes?.[s] ?? [0, 1, 2])[benchmark.labels[image]] ? strength : 0;
      return signal * (benchmark.isChallenge[image] === 1 ? 0.5 : 1) + random.rand();
    }),
  );
  const data = new Float32Array(steps.length * IMAGES * features);
  steps.forEach((x, s) => {
    data.set(x, s * x.length);
  });
  const path = join(folder, `${name}.npy`);
  await writeNpyFloat32(path, [steps.length, IMAGES, features], data);
  return { path, steps };
}
