import { type ComparedModel, comparePaired, inverseNormal } from '@corescore/metrics';
import { drawImages } from './images.js';
import { Draws } from './random.js';
import { allStatistics } from './statistics.js';
import { i1Curves, KINDS, solve } from './subjects.js';

const IMAGES = 660;
const RESAMPLES = 399;
/** Of the five-step reference on core-objects. */
const ACCURACY = 0.68;
const RECURRENT = KINDS[2];

export interface GateResult {
  what: string;
  statistic: string;
  /** Mean of the images that flipped, either way. */
  flips: number;
  /** Shares of comparisons whose interval is without 0; and in which the sign test agrees (p <= .05) as well. */
  interval: number;
  both: number;
  /** Shares that a gate against losses would stop: interval below 0 and sign test. */
  stopped: number;
  n: number;
}

interface Pair {
  baseline: ComparedModel;
  candidate: ComparedModel;
}

function run(
  what: string,
  statistic: string,
  comparisons: number,
  seed: number,
  draw: (draws: Draws) => Pair,
): GateResult {
  const draws = new Draws(seed);
  const result: GateResult = { what, statistic, flips: 0, interval: 0, both: 0, stopped: 0, n: comparisons };
  // The sign test is about solved images: a correlation is not.
  const bySign = statistic === 'accuracy';
  for (let c = 0; c < comparisons; c++) {
    const { baseline, candidate } = draw(draws);
    const { interval, lost, gained, flipP } = comparePaired(baseline, candidate, RESAMPLES, seed + c);
    const agreed = !bySign || flipP <= 0.05;
    const without = interval!.low > 0 || interval!.high < 0;
    result.flips += (lost.length + gained.length) / comparisons;
    if (without) result.interval += 1 / comparisons;
    if (without && agreed) result.both += 1 / comparisons;
    if (interval!.high < 0 && agreed) result.stopped += 1 / comparisons;
  }
  return result;
}

const share = (solved: Uint8Array): ComparedModel => ({
  solved,
  statistic: (rows) => {
    let sum = 0;
    for (let i = 0; i < rows.length; i++) sum += solved[rows[i]];
    return sum / rows.length;
  },
});

/** Same weights on another engine: a few images on the edge flip, either way alike. */
const edgeFlips =
  (expected: number) =>
  (draws: Draws): Pair => {
    const solved = Uint8Array.from({ length: IMAGES }, () => (draws.uniform() < ACCURACY ? 1 : 0));
    // The share of flips that are losses must not follow the share solved: the flip is drawn first.
    const other = solved.slice();
    for (let i = 0; i < IMAGES; i++) {
      if (draws.uniform() >= expected / IMAGES) continue;
      const loses = draws.uniform() < 0.5;
      solved[i] = loses ? 1 : 0;
      other[i] = loses ? 0 : 1;
    }
    return { baseline: share(solved), candidate: share(other) };
  };

/** Images are right where ability and noise exceed a level; `own` is what is the network's, `noise` the evaluation's. */
const evaluations =
  (own: number, noise: number, loss: number) =>
  (draws: Draws): Pair => {
    const images = Float64Array.from({ length: IMAGES }, () => draws.normal());
    const shared = Math.sqrt(Math.max(0, 1 - own ** 2 - noise ** 2));
    const model = (level: number) =>
      share(Uint8Array.from(images, (v) => (shared * v + draws.normal(own) + draws.normal(noise) < level ? 1 : 0)));
    return { baseline: model(inverseNormal(ACCURACY)), candidate: model(inverseNormal(ACCURACY - loss)) };
  };

/** Two decodes of one recurrent model, or of two models of its kind, by their partial rho. */
const correlations =
  (sameModel: boolean) =>
  (draws: Draws): Pair => {
    const images = drawImages(IMAGES, draws);
    const first = Math.floor(draws.uniform(0, 2 ** 31));
    const second = sameModel ? first : Math.floor(draws.uniform(0, 2 ** 31));
    const model = (seed: number): ComparedModel => {
      const ostMs = solve(i1Curves(RECURRENT, images, new Draws(seed), draws), images);
      const statistics = allStatistics(ostMs, images, true);
      return {
        statistic: (rows) => statistics(rows)[1],
        solved: Uint8Array.from(ostMs, (t) => (Number.isNaN(t) ? 0 : 1)),
      };
    };
    return { baseline: model(first), candidate: model(second) };
  };

export function simulateGate(comparisons: number, seed: number): GateResult[] {
  const identical = (draws: Draws): Pair => {
    const { baseline } = edgeFlips(0)(draws);
    return { baseline, candidate: baseline };
  };
  const results = [run('the same predictions', 'accuracy', comparisons, seed, identical)];
  for (const flips of [2, 4, 8, 16, 40]) {
    results.push(
      run(`same weights, ${flips} images on the edge`, 'accuracy', comparisons, seed + flips, edgeFlips(flips)),
    );
  }
  results.push(run('same weights, two noise draws', 'accuracy', comparisons, seed + 100, evaluations(0, 0.2, 0)));
  results.push(
    run('same weights, two noise draws', 'ost_rho_partial', Math.ceil(comparisons / 2), seed + 200, correlations(true)),
  );
  results.push(run('another model of the kind', 'accuracy', comparisons, seed + 300, evaluations(0.5, 0.2, 0)));
  results.push(
    run('another model of the kind', 'ost_rho_partial', Math.ceil(comparisons / 2), seed + 400, correlations(false)),
  );
  for (const loss of [0.01, 0.02, 0.03, 0.05]) {
    const from = seed + 1000 + 1000 * loss;
    results.push(run(`two noise draws, a loss of ${loss}`, 'accuracy', comparisons, from, evaluations(0, 0.2, loss)));
  }
  results.push(run('another model, a loss of 0.05', 'accuracy', comparisons, seed + 2000, evaluations(0.5, 0.2, 0.05)));
  return results;
}
