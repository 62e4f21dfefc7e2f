import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BenchmarkDefinition, CorescoreError, canonicalJson } from '@corescore/contracts';
import { type Bracket, delay, noiseToSignal, spearman, stratifiedKFold } from '@corescore/metrics';
import { coreObjectsSpikePaths, keepPixels, loadStimulusSet } from '@corescore/stimuli';
import { PREDICTIVITY, simulatedRecordings } from '../kinds/predictivity/recordings.js';
import type { Benchmark } from './benchmark.js';
import { readSimulatedIt, type SimulatedIt } from './target.js';

const ID = 'core-objects-ost';
const VERSION = 0;
const STIMULUS_SET = 'core-objects-spike';
const VISUAL_DEGREES = 8;
const C = 1e-3;
const SEEDS = [1, 2, 3];
const FOLDS = 10;
const BOOTSTRAP = { draws: 10_000, seed: 1 };

/** Names of the rows that are no competitors; the worker makes the null rows, `serve` submits IT itself. */
export const REFERENCE_MODELS = {
  it: 'simulated-it',
  thresholdOnly: 'null-threshold-only',
  feedForwardRamp: 'null-feed-forward-ramp',
  difficultyLookUp: 'null-difficulty-look-up',
} as const;

/** The models whose results two of the null rows are made of: the board's first recurrent and first feed-forward reference. */
export const NULL_ROW_SOURCES = { recurrent: 'bl-64', feedForward: 'ff-64' } as const;

const REFERENCES: BenchmarkDefinition['references'] = [
  {
    model: `corescore/${REFERENCE_MODELS.it}`,
    role: 'it',
    label: 'Simulated IT (independent draw)',
    sentence:
      'One draw of the simulated IT population against a target made from the others: what a perfect model would reach.',
  },
  {
    model: `corescore/${REFERENCE_MODELS.thresholdOnly}`,
    role: 'null',
    label: 'Null: threshold only',
    sentence:
      'One curve, the mean over images of the first recurrent reference, for every image: only the thresholds differ.',
  },
  {
    model: `corescore/${REFERENCE_MODELS.feedForwardRamp}`,
    role: 'null',
    label: 'Null: feed-forward + ramp',
    sentence:
      'Static features of the feed-forward reference that grow linearly over time, with noise: time without computation.',
  },
  {
    model: `corescore/${REFERENCE_MODELS.difficultyLookUp}`,
    role: 'null',
    label: 'Null: difficulty look-up',
    sentence: 'The least-squares line of the target times on the image’s difficulty: no model at all.',
  },
];

/**
 * Version 0 was published with Brain-Score's bracket. Later ones use that of Kar et al., which is nearer the planted times (mean
 * error .98 ms against 1.42): where a curve dips, the line from the best step below the threshold spans many bins.
 */
export const bracketOfVersion = (version: number): Bracket => (version === 0 ? 'best' : 'previous');

const isChallengeOf = (set: { stimuli: { subset: string }[] }): Uint8Array =>
  Uint8Array.from(set.stimuli, (s) => (s.subset === 'challenge' ? 1 : 0));

/** `core-objects-ost@0`: 660 synthetic images, simulated IT with planted solution times. `home` keeps the decoded images. */
export async function loadCoreObjectsOst(home: string): Promise<Benchmark> {
  const paths = coreObjectsSpikePaths();
  const [{ set, pixels }, it, targetBytes] = await Promise.all([
    loadImages(),
    readSimulatedIt(paths.targetPath),
    readFile(paths.targetPath),
  ]);
  if (set.stimuli.some((s, i) => s.id !== it.stimulusIds[i])) {
    throw new CorescoreError('file_format', 'The target and the stimulus set name different images.', {
      field: 'stimulus_id',
    });
  }
  const pixelsPath = join(home, 'stimuli', `${set.digest}.npy`);
  await keepPixels(pixelsPath, async () => pixels);
  const classes = [...new Set(set.stimuli.map((s) => s.object))].sort();
  const isChallenge = isChallengeOf(set);
  const difficulty = Float64Array.from(set.stimuli, (s) => Number(s.metadata['load']));
  const strata = set.stimuli.map((s) => `${s.object}|${s.subset}`);
  const targetDigest = createHash('sha256').update(targetBytes).digest('hex');
  return {
    definition: define(set, isChallenge, difficulty, it, targetDigest),
    stimulusSet: set,
    pixels: pixelsIn(pixelsPath),
    labels: Int32Array.from(set.stimuli, (s) => classes.indexOf(s.object)),
    classes,
    isChallenge,
    difficulty,
    thresholds: it.thresholds,
    targetMs: it.plantedMs,
    folds: SEEDS.map((seed) => stratifiedKFold(strata, FOLDS, seed)),
    bins: it.bins,
    bracket: bracketOfVersion(VERSION),
    recordings: simulatedRecordings(
      it,
      set.stimuli.map((s) => s.object),
      isChallenge,
    ),
    trialNoise: trialNoiseOf(it),
    decoder: { c: C },
    bootstrap: BOOTSTRAP,
  };
}

const loadImages = () => {
  const { csvPath, zipPath } = coreObjectsSpikePaths();
  return loadStimulusSet({ identifier: STIMULUS_SET, csvPath, zipPath, visualDegrees: VISUAL_DEGREES });
};

/** Decoded again where need be. Apart from the loading, so that a service does not hold the images all the time. */
const pixelsIn = (path: string) => () => keepPixels(path, async () => (await loadImages()).pixels);

/** The target's draws are its repetitions. */
function trialNoiseOf(it: SimulatedIt): () => number {
  let ratio: number | undefined;
  return () => {
    ratio ??= noiseToSignal(
      PREDICTIVITY.draws.map((draw) => it.draw(draw - 1)),
      it.bins.length,
      it.stimulusIds.length,
      it.sites,
    );
    return ratio;
  };
}

function define(
  set: Benchmark['stimulusSet'],
  isChallenge: Uint8Array,
  difficulty: Float64Array,
  it: SimulatedIt,
  targetDigest: string,
): BenchmarkDefinition {
  const challenge = isChallenge.reduce((sum, v) => sum + v, 0);
  const planted = delay(it.plantedMs, isChallenge);
  const definition = {
    id: ID,
    version: VERSION,
    ref: `${ID}@${VERSION}`,
    title: 'Core objects, object solution times',
    sentence:
      'When does a linear decoder of a model’s IT layer solve each image, and is the order of those times that of the target population?',
    caveat:
      'Everything here is synthetic: generated images of ten objects, graded by generative difficulty, and a simulated IT population with planted solution times. The planted times of version 0 are not in the pixels, so no model can be expected to exceed the null rows on the correlations; the delay and the accuracies are properties of the images and the model.',
    stimulusSet: {
      identifier: set.identifier,
      digest: set.digest,
      images: set.stimuli.length,
      control: set.stimuli.length - challenge,
      challenge,
    },
    sites: it.sites,
    visualDegrees: VISUAL_DEGREES,
    binStartsMs: it.bins.map((b) => b.startMs),
    binMs: it.bins[0].endMs - it.bins[0].startMs,
    regions: ['IT'],
    sortMetric: 'ost_rho_partial',
    parameters: {
      decoder: 'svm',
      c: C,
      probabilities: 'cross-fit',
      evidence: 'instant',
      folds: { kind: 'stratified', folds: FOLDS, seeds: SEEDS, strata: 'object|band' },
      bracket: bracketOfVersion(VERSION),
      mapping: 'overlap',
      bootstrap: BOOTSTRAP,
      predictivity: PREDICTIVITY,
      targetDigest,
    },
    target: {
      delayMeanMs: round(planted.meanMs),
      delayMedianMs: round(planted.medianMs),
      rhoThresholdTime: round(spearman(it.thresholds, it.plantedMs)),
      rhoDifficultyTime: round(spearman(difficulty, it.plantedMs)),
    },
    references: REFERENCES,
  };
  return { ...definition, digest: createHash('sha256').update(canonicalJson(definition)).digest('hex') };
}

/** Six decimals: the definition's digest must not depend on the last bits of a sum. */
const round = (x: number | null): number => (x === null ? Number.NaN : Math.round(x * 1e6) / 1e6);
