/** Methods that the simulation found wanting, as they were: docs/validity.md shows them beside what replaced them. */
import { type PairedDraws, studentTQuantile } from '@corescore/metrics';

const quantile = (sorted: Float64Array, share: number, round: (x: number) => number): number =>
  sorted[round(share * (sorted.length - 1))];

/** 2.5-97.5 % of a model's rank over the draws. No ties, nothing undefined: the simulated boards have neither. */
export function ranksOverDraws({ values, draws }: PairedDraws): { low: number; high: number }[] {
  const ranks = draws.map((own) => own.map((v, draw) => 1 + draws.reduce((n, d) => n + (d[draw] > v ? 1 : 0), 0)));
  return Array.from(values, (_, m) => {
    const sorted = ranks[m].sort();
    return { low: quantile(sorted, 0.025, Math.floor), high: quantile(sorted, 0.975, Math.ceil) };
  });
}

/** Tie classes by the 95 % interval of each paired difference alone. */
export function pairwiseTieClasses({ values, draws }: PairedDraws): number[] {
  const order = [...values.keys()].sort((a, b) => values[b] - values[a]);
  const classes: number[] = Array.from(values, () => 1);
  let anchor = order[0];
  let current = 1;
  for (const m of order) {
    const sorted = draws[anchor].map((v, draw) => v - draws[m][draw]).sort();
    if (values[m] < values[anchor] && quantile(sorted, 0.025, Math.floor) > 0) {
      anchor = m;
      current++;
    }
    classes[m] = current;
  }
  return classes;
}

/**
 * Seeds compared with the images' part whole, though a run's own part of it is in the spread between runs too, and the
 * visible loss from the sum of two central t quantiles.
 */
export function compareSeedsBefore(
  { values, draws }: PairedDraws,
  perSide: number,
  images: number,
): { low: number; high: number; smallestVisibleLoss: number } {
  const differenceOf = (scoreOf: (run: number) => number) =>
    Array.from(values).reduce((sum, _, r) => sum + (scoreOf(r) / perSide) * (r < perSide ? -1 : 1), 0);
  const parts = [
    { variance: variance(values.slice(0, perSide)) / perSide, degrees: perSide - 1 },
    { variance: variance(values.slice(perSide)) / perSide, degrees: perSide - 1 },
    { variance: variance(draws[0].map((_, draw) => differenceOf((r) => draws[r][draw]))), degrees: images - 1 },
  ];
  const total = parts.reduce((sum, part) => sum + part.variance, 0);
  const degrees = total ** 2 / parts.reduce((sum, part) => sum + part.variance ** 2 / part.degrees, 0);
  const error = Math.sqrt(total);
  const limit = studentTQuantile(0.975, degrees);
  const difference = differenceOf((r) => values[r]);
  return {
    low: difference - limit * error,
    high: difference + limit * error,
    smallestVisibleLoss: ((limit + studentTQuantile(0.8, degrees)) * error) / (1 - 1 / (4 * degrees)),
  };
}

function variance(x: Float64Array): number {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
  return x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (x.length - 1);
}
