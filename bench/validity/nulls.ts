import { concordance, matchedCells, matchedConcordance, partialSpearman, spearman } from '@corescore/metrics';
import { drawImages, type Images } from './images.js';
import { Draws } from './random.js';
import { i1Curves, KINDS, solve } from './subjects.js';

const IMAGES = 660;

export const NULL_STATISTICS = ['ost_rho', 'ost_rho_partial', 'concordance', 'matched_concordance'] as const;

/** One curve for every image, with the rise of the recurrent reference: only the threshold decides. */
const MEAN_CURVE = Array.from({ length: 18 }, (_, bin) => 2.3 + (0.24 * bin) / 17);

/** Subjects without a solution time of their own, then those with one to compare them with. */
const SUBJECTS: readonly { name: string; times: (images: Images, draws: Draws) => Float64Array }[] = [
  { name: 'difficulty only', times: ({ difficulty }) => difficulty.map((load) => 108 + 16 * load) },
  {
    name: 'difficulty and noise',
    times: ({ difficulty }, draws) => difficulty.map((load) => 108 + 16 * load + draws.normal(7)),
  },
  {
    name: 'threshold only',
    times: (images) =>
      solve(
        MEAN_CURVE.map((level) => new Float64Array(images.labels.length).fill(level)),
        images,
      ),
  },
  { name: 'static + ramp', times: (images, draws) => solve(i1Curves(KINDS[3], images, draws), images) },
  {
    name: 'at once, or never if hard',
    times: ({ difficulty }) => difficulty.map((load) => (load > 1.5 ? Number.NaN : 70)),
  },
  { name: 'recurrent, five steps', times: (images, draws) => solve(i1Curves(KINDS[2], images, draws), images) },
  { name: 'half-informed', times: (images, draws) => solve(i1Curves(KINDS[1], images, draws), images) },
  { name: 'IT-like', times: (images, draws) => solve(i1Curves(KINDS[0], images, draws), images) },
];

export interface NullResult {
  name: string;
  statistic: (typeof NULL_STATISTICS)[number];
  /** 2.5, 25, 50, 75 and 97.5 % of the sets in which it is defined; empty where it never is. */
  quantiles: number[];
  /** Share of the sets in which it is defined. */
  defined: number;
  n: number;
}

export function simulateNulls(sets: number, seed: number): NullResult[] {
  return SUBJECTS.flatMap(({ name, times }) => {
    const draws = new Draws(seed);
    const found = NULL_STATISTICS.map((): number[] => []);
    for (let set = 0; set < sets; set++) {
      const images = drawImages(IMAGES, draws);
      const ostMs = times(images, draws);
      const solved = Int32Array.from(ostMs.keys()).filter((i) => !Number.isNaN(ostMs[i]));
      const pick = (x: Float64Array) => Float64Array.from(solved, (i) => x[i]);
      const values = [
        spearman(pick(ostMs), pick(images.targetMs)),
        partialSpearman(ostMs, images.targetMs, [images.thresholds, images.difficulty]),
        concordance(ostMs, images.targetMs).value,
        matchedConcordance(ostMs, images.targetMs, matchedCells(images.difficulty, images.thresholds)),
      ];
      for (const [s, value] of values.entries()) if (value !== null) found[s].push(value);
    }
    return NULL_STATISTICS.map((statistic, s) => {
      const sorted = found[s].sort((a, b) => a - b);
      return {
        name,
        statistic,
        quantiles:
          sorted.length === 0
            ? []
            : [0.025, 0.25, 0.5, 0.75, 0.975].map((share) => sorted[Math.round(share * (sorted.length - 1))]),
        defined: sorted.length / sets,
        n: sets,
      };
    });
  });
}
