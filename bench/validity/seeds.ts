import { compareSeeds, pairedDraws, type Statistic } from '@corescore/metrics';
import { compareSeedsBefore } from './before.js';
import { Draws } from './random.js';

const IMAGES = 660;
const RESAMPLES = 100;

/** Trainings of two architectures: the sd of a training's score, and what is its own, image by image. */
export interface SeedKind {
  name: string;
  perSide: number;
  /** Of the accuracy of a training, over seeds. */
  seedSd: number;
  /** Of how the two architectures differ on an image: 0 for another training of one architecture. */
  architectureSd: number;
}

/** METRICS 8: two seeds of one small net differed by .04 of accuracy, an sd of .028. */
export const SEED_KINDS: readonly SeedKind[] = [
  { name: 'one architecture, 3 seeds', perSide: 3, seedSd: 0.028, architectureSd: 0 },
  { name: 'one architecture, 5 seeds', perSide: 5, seedSd: 0.028, architectureSd: 0 },
  { name: 'seeds that hardly differ, 3', perSide: 3, seedSd: 0.003, architectureSd: 0 },
  { name: 'two architectures, 3 seeds', perSide: 3, seedSd: 0.014, architectureSd: 0.25 },
];

const meanOf =
  (x: Float64Array): Statistic =>
  (rows) => {
    let sum = 0;
    for (let i = 0; i < rows.length; i++) sum += x[rows[i]];
    return sum / rows.length;
  };

/** An image is right with a probability that images, architectures and trainings move. */
function trainings(kind: SeedKind, loss: number, draws: Draws): Statistic[] {
  const images = Float64Array.from({ length: IMAGES }, () => draws.normal(0.25));
  const side = (shift: number) => {
    const architecture = images.map((v) => v + draws.normal(kind.architectureSd));
    return Array.from({ length: kind.perSide }, () => {
      const trained = shift + draws.normal(kind.seedSd);
      return meanOf(architecture.map((v) => 0.7 + v + trained + draws.normal(0.3)));
    });
  };
  return [...side(0), ...side(-loss)];
}

interface SeedTally {
  /** Intervals without 0 where nothing changed. */
  alarms: number;
  /** Mean of the smallest visible loss where nothing changed. */
  loss: number;
  /** Intervals below 0 when that loss is planted. */
  power: number;
  /** Intervals with the true difference, the loss planted. */
  covered: number;
}

export interface SeedResult {
  kind: SeedKind;
  before: SeedTally;
  after: SeedTally;
}

export function simulateSeeds(kind: SeedKind, comparisons: number, seed: number): SeedResult {
  const compare = (loss: number, from: number) => {
    const draws = new Draws(from);
    return Array.from({ length: comparisons }, (_, c) => {
      const runs = trainings(kind, loss, draws);
      const [baseline, candidate] = [runs.slice(0, kind.perSide), runs.slice(kind.perSide)];
      const { interval, smallestVisibleLoss } = compareSeeds(baseline, candidate, IMAGES, RESAMPLES, seed + c);
      const before = compareSeedsBefore(pairedDraws(runs, IMAGES, RESAMPLES, seed + c), kind.perSide, IMAGES);
      return { before, after: { ...interval, smallestVisibleLoss } };
    });
  };
  const alike = compare(0, seed);
  const share = <T>(found: T[], holds: (one: T) => boolean) => found.filter(holds).length / found.length;
  const tally = (method: 'before' | 'after'): SeedTally => {
    const loss = alike.reduce((sum, found) => sum + found[method].smallestVisibleLoss, 0) / comparisons;
    const lost = compare(loss, seed + 1);
    return {
      alarms: share(alike, ({ [method]: { low, high } }) => low > 0 || high < 0),
      loss,
      power: share(lost, ({ [method]: { high } }) => high < 0),
      covered: share(lost, ({ [method]: { low, high } }) => low <= -loss && -loss <= high),
    };
  };
  return { kind, before: tally('before'), after: tally('after') };
}
