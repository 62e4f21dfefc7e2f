import type { Kernels } from '@corescore/linalg';
import { bootstrap, decodeStep, delay, partialSpearman, spearman, stratifiedKFold } from '@corescore/metrics';
import { BIN_STARTS, drawImages, type Images, OBJECTS } from './images.js';
import { Draws } from './random.js';
import { allStatistics, mean } from './statistics.js';
import { i1Curves, KINDS, solve } from './subjects.js';

/** OST against the planted times; means over data sets. */
export interface Recovery {
  noise: number;
  biasMs: number;
  maeMs: number;
  spearman: number;
  partial: number;
  /** Mean delay found, less the one planted in the same images. */
  delayBiasMs: number;
  unsolved: number;
  /** Images that come more than 10 ms early. */
  early: number;
  n: number;
}

interface Found {
  images: Images;
  ostMs: Float64Array;
}

function recovery(noise: number, found: readonly Found[]): Recovery {
  const of = (value: (one: Found, solved: Int32Array) => number) =>
    mean(
      found.map((one) =>
        value(
          one,
          Int32Array.from(one.ostMs.keys()).filter((i) => !Number.isNaN(one.ostMs[i])),
        ),
      ),
    );
  const errors = ({ images, ostMs }: Found, solved: Int32Array) =>
    Float64Array.from(solved, (i) => ostMs[i] - images.targetMs[i]);
  const pick = (x: Float64Array, rows: Int32Array) => Float64Array.from(rows, (i) => x[i]);
  return {
    noise,
    biasMs: of((one, solved) => mean(errors(one, solved))),
    maeMs: of((one, solved) => mean(errors(one, solved).map(Math.abs))),
    spearman: of(({ images, ostMs }, solved) => spearman(pick(ostMs, solved), pick(images.targetMs, solved))!),
    partial: of(({ images, ostMs }) => partialOf(images, ostMs)!),
    delayBiasMs: of(({ images, ostMs }) => {
      const planted = images.targetMs.map((t, i) => (Number.isNaN(ostMs[i]) ? Number.NaN : t));
      return delay(ostMs, images.isChallenge).meanMs! - delay(planted, images.isChallenge).meanMs!;
    }),
    unsolved: of(({ ostMs }, solved) => ostMs.length - solved.length),
    early: of((one, solved) => errors(one, solved).filter((e) => e < -10).length),
    n: found.length,
  };
}

const partialOf = (images: Images, ostMs: Float64Array) =>
  partialSpearman(ostMs, images.targetMs, [images.thresholds, images.difficulty]);

/** The cheap curves of an IT-like model at several noises of i1. */
export function simulatedRecovery(sets: number, seed: number): Recovery[] {
  return [0, 0.1, 0.2, 0.4, 0.8].map((noise) => {
    const draws = new Draws(seed);
    const found = Array.from({ length: sets }, () => {
      const images = drawImages(660, draws);
      return { images, ostMs: solve(i1Curves({ ...KINDS[0], noise }, images, draws), images) };
    });
    return recovery(noise, found);
  });
}

const SITES = 160;
const DECODED_IMAGES = 300;

/** Two noise draws of the simulated IT of core-objects, shown new images: its population, gate and constants. */
function responses(
  images: Images,
  bounds: Float64Array,
  sites: Float64Array,
  noise: number,
  draws: Draws,
): Float32Array[][] {
  const n = images.labels.length;
  const early = Float64Array.from({ length: n * SITES }, () => draws.normal(0.385));
  const bins = BIN_STARTS.map((t) => {
    const x = new Float32Array(n * SITES);
    const onset = 1 / (1 + Math.exp(-(t - 88) / 6));
    for (let i = 0; i < n; i++) {
      const late = ((1 - bounds[i]) / bounds[i]) * Math.exp(-(t - images.targetMs[i]) / 5);
      const gate = (2 * (1 - 0.5 * images.delta[i])) / (1 + late);
      for (let s = 0; s < SITES; s++) {
        x[i * SITES + s] = onset * early[i * SITES + s] + gate * sites[s * OBJECTS + images.labels[i]];
      }
    }
    return x;
  });
  return [0, 1].map(() => bins.map((x) => x.map((v) => v + draws.normal(noise))));
}

async function decodedCurves(bins: readonly Float32Array[], images: Images, kernels: Kernels): Promise<Float64Array[]> {
  const n = images.labels.length;
  const strata = Array.from(images.labels, (label, i) => `${label}|${images.isChallenge[i]}`);
  const folds = [stratifiedKFold(strata, 10, 1)];
  const curves: Float64Array[] = [];
  for (const x of bins) {
    const { i1 } = await decodeStep(
      { x, n, f: SITES, labels: images.labels, classes: OBJECTS, folds, c: 1e-3 },
      kernels,
    );
    curves.push(i1);
  }
  return curves;
}

/** i1 at the planted time, between the bins. */
function readAt(curves: readonly Float64Array[], targetMs: Float64Array): Float64Array {
  return targetMs.map((tau, i) => {
    const at = (tau - BIN_STARTS[0]) / 10;
    const bin = Math.min(curves.length - 2, Math.floor(at));
    return curves[bin][i] + (at - bin) * (curves[bin + 1][i] - curves[bin][i]);
  });
}

export interface Decoded {
  recovery: Recovery;
  /** Sd of the value over data sets and mean standard error by its interval (width / 3.92). */
  partialSd: number;
  partialError: number;
}

/**
 * The whole pipeline: responses, decoder, cross-fit probabilities, i1, solution times. One set of sites, new images each
 * time; thresholds read from one draw of the noise, times from another.
 */
export async function decodedRecovery(noise: number, sets: number, seed: number, kernels: Kernels): Promise<Decoded> {
  const draws = new Draws(seed);
  const sites = Float64Array.from({ length: SITES * OBJECTS }, () => draws.normal(0.55));
  for (let s = 0; s < SITES; s++) if (draws.uniform() < 0.5) sites.fill(0, s * OBJECTS, (s + 1) * OBJECTS);
  const found: Found[] = [];
  const errors: number[] = [];
  for (let set = 0; set < sets; set++) {
    const images = drawImages(DECODED_IMAGES, draws);
    const bounds = images.targetMs.map((tau) =>
      Math.min(0.9, Math.max(0.03, draws.uniform(0.3, 0.75) * Math.exp((-1.6 * (tau - 108)) / 40))),
    );
    const [behaviour, subject] = responses(images, bounds, sites, noise, draws);
    images.thresholds.set(readAt(await decodedCurves(behaviour, images, kernels), images.targetMs));
    const ostMs = solve(await decodedCurves(subject, images, kernels), images);
    found.push({ images, ostMs });
    const statistics = allStatistics(ostMs, images, true);
    const interval = bootstrap(DECODED_IMAGES, 399, seed + set, (rows) => statistics(rows)[1]);
    errors.push((interval!.high - interval!.low) / 3.92);
  }
  const partials = found.map(({ images, ostMs }) => partialOf(images, ostMs)!);
  const centre = mean(partials);
  return {
    recovery: recovery(noise, found),
    partialSd: Math.sqrt(partials.reduce((sum, v) => sum + (v - centre) ** 2, 0) / (sets - 1)),
    partialError: mean(errors),
  };
}
