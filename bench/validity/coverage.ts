import { bootstrap, bootstrapMean, type MeanSampling } from '@corescore/metrics';
import { drawImages, type Images } from './images.js';
import { Draws } from './random.js';
import { allStatistics, checkAgainstProduct, mean, OST_NAMES } from './statistics.js';
import { accuracyOf, i1Curves, type Kind, solve } from './subjects.js';

const IMAGES = 660;
/** The k-th of 399 stands for k / 400: the limits are the 10th and the 390th, no wider or narrower than of 10,000. */
export const RESAMPLES = 399;
/** Images of the sample that stands for the population; the concordance, which compares pairs, takes the mean of four smaller. */
const POPULATION = 400_000;
const PAIRED_POPULATION = 20_000;
/** 120 ms and the last bin. */
const MEAN_BINS = [5, 17];
/** Curves whose mean is reported, by the images they run over. */
const MEANS = MEAN_BINS.flatMap((bin) =>
  (['i1', 'accuracy'] as const).flatMap((what) => (['all', 'challenge'] as const).map((of) => ({ bin, what, of }))),
);
export interface Coverage {
  statistic: string;
  truth: number;
  /** Of the value over simulated models. */
  bias: number;
  sd: number;
  /** Shares of the intervals that lie above the truth, or below it. */
  above: number;
  below: number;
  width: number;
  n: number;
}

class Tally {
  #sum = 0;
  #square = 0;
  #above = 0;
  #below = 0;
  #width = 0;
  #n = 0;

  constructor(
    readonly statistic: string,
    readonly truth: number,
  ) {}

  add(value: number, interval: { low: number; high: number } | null): void {
    if (!interval) throw new Error(`${this.statistic}: no interval`);
    this.#n++;
    this.#sum += value - this.truth;
    this.#square += (value - this.truth) ** 2;
    if (interval.low > this.truth) this.#above++;
    if (interval.high < this.truth) this.#below++;
    this.#width += interval.high - interval.low;
  }

  result(): Coverage {
    const n = this.#n;
    const bias = this.#sum / n;
    return {
      statistic: this.statistic,
      truth: this.truth,
      bias,
      sd: Math.sqrt(Math.max(0, this.#square / n - bias ** 2)),
      above: this.#above / n,
      below: this.#below / n,
      width: this.#width / n,
      n,
    };
  }
}

const rowsOf = (images: Images, of: 'all' | 'challenge'): Int32Array =>
  Int32Array.from(images.labels.keys()).filter((i) => of === 'all' || images.isChallenge[i] === 1);

interface Subject {
  images: Images;
  ostMs: Float64Array;
  means: Float64Array[];
}

function simulate(kind: Kind, n: number, draws: Draws): Subject {
  const images = drawImages(n, draws);
  const curves = i1Curves(kind, images, draws);
  const accuracies = new Map(MEAN_BINS.map((bin) => [bin, accuracyOf(curves[bin], draws)]));
  const means = MEANS.map(({ bin, what, of }) => {
    const values = what === 'i1' ? curves[bin] : accuracies.get(bin)!;
    return Float64Array.from(rowsOf(images, of), (i) => values[i]);
  });
  return { images, ostMs: solve(curves, images), means };
}

function populationValues(kind: Kind, draws: Draws): { ost: Float64Array; means: number[] } {
  const all = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
  const large = simulate(kind, POPULATION, draws);
  const ost = allStatistics(large.ostMs, large.images, true)(all(POPULATION)).slice();
  const paired = Array.from({ length: 4 }, () => {
    const { ostMs, images } = simulate(kind, PAIRED_POPULATION, draws);
    return allStatistics(ostMs, images)(all(PAIRED_POPULATION))[OST_NAMES.length - 1];
  });
  ost[OST_NAMES.length - 1] = mean(paired);
  const [control, challenge] = [0, 1].map((band) =>
    large.ostMs.filter((t, i) => !Number.isNaN(t) && large.images.isChallenge[i] === band).sort(),
  );
  ost[3] = mean(challenge) - mean(control);
  ost[4] = challenge[challenge.length >> 1] - control[control.length >> 1];
  return { ost, means: large.means.map(mean) };
}

/**
 * Coverage of the intervals over images that the product prints, each held against the value of the whole population;
 * `plain`, for the means, the percentile interval that stood in the product before.
 */
export function simulateCoverage(kind: Kind, models: number, seed: number): { printed: Coverage[]; plain: Coverage[] } {
  const draws = new Draws(seed);
  const truth = populationValues(kind, draws);
  const ost = OST_NAMES.map((name, s) => new Tally(name, truth.ost[s]));
  const means = MEANS.map(({ bin, what, of }, m) => new Tally(`${what}, ${of}, ${70 + 10 * bin} ms`, truth.means[m]));
  const plainMeans = means.map((tally) => new Tally(tally.statistic, tally.truth));
  const values = OST_NAMES.map(() => new Float64Array(RESAMPLES));
  for (let model = 0; model < models; model++) {
    const { images, ostMs, means: curves } = simulate(kind, IMAGES, draws);
    if (model === 0) checkAgainstProduct(ostMs, images, draws);
    const statistics = allStatistics(ostMs, images);
    const whole = statistics(Int32Array.from({ length: IMAGES }, (_, i) => i)).slice();
    let draw = 0;
    // One pass: `bootstrap` draws the same images for every statistic.
    bootstrap(IMAGES, RESAMPLES, seed + model, (rows) => {
      const found = statistics(rows);
      for (let s = 0; s < values.length; s++) values[s][draw] = found[s];
      draw++;
      return 0;
    });
    for (const [s, tally] of ost.entries()) tally.add(whole[s], limits(values[s]));
    for (const [m, tally] of means.entries()) {
      const curve = curves[m];
      const { what, of } = MEANS[m];
      // Half of the draws for either limit where there is a support.
      const after = bootstrapMean(curve, what === 'i1' ? RESAMPLES : 2 * RESAMPLES, seed + model, {
        strata: of === 'all' ? images.isChallenge : undefined,
        support: what === 'i1' ? undefined : { low: 0, high: 1 },
      } as MeanSampling);
      tally.add(mean(curve), after);
      plainMeans[m].add(mean(curve), bootstrapMean(curve, RESAMPLES, seed + model));
    }
  }
  return {
    printed: [...ost, ...means].map((tally) => tally.result()),
    plain: plainMeans.map((tally) => tally.result()),
  };
}

const limits = (values: Float64Array): { low: number; high: number } => {
  const sorted = values.slice().sort();
  return { low: sorted[9], high: sorted[389] };
};
