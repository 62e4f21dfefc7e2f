import { CorescoreError } from '@corescore/contracts';

/** Cells of difficulty and of threshold: a dozen images each on a board of 660. */
const CELLS = { difficulty: 10, threshold: 5 };

/**
 * Images that are alike in what a model gets for nothing (METRICS 4): as many equal shares of the images by difficulty
 * as `CELLS` says, each crossed with those by threshold. Equal values go by the order of the images.
 *
 * @returns cell of each image, 0 .. 49
 */
export function matchedCells(difficulty: ArrayLike<number>, thresholds: ArrayLike<number>): Int32Array {
  if (difficulty.length !== thresholds.length) {
    throw new RangeError(`${difficulty.length} difficulties for ${thresholds.length} thresholds`);
  }
  const level = shares(thresholds, CELLS.threshold);
  return shares(difficulty, CELLS.difficulty).map((share, image) => share * CELLS.threshold + level[image]);
}

/** Which of `count` equal shares of the ascending values each value is in. */
function shares(values: ArrayLike<number>, count: number): Int32Array {
  const n = values.length;
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
  const out = new Int32Array(n);
  for (const [place, image] of order.entries()) out[image] = Math.floor((place * count) / n);
  return out;
}

/**
 * Concordance of solution times among matched images, as a statistic over `rows` (which may repeat): the share of the
 * pairs of different images of one cell that the model orders as the target does. A pair that either leaves open (both
 * never solved, or the same time) counts half. An unsolved image comes after every solved one. .5 is chance. A model without
 * times of its own comes near it, since always late on hard images, or failing on them, orders few matched pairs; but images
 * of a cell are not equally hard, and what is left of difficulty within it gives such models up to some .55: read it beside
 * the null rows of the same board. It has no name in the literature: Harrell's index (`concordance`), stratified, with Kendall's tau-a in place of his conditioning. Its
 * bootstrap interval is too wide, 97 to 99 % where 95 is meant (docs/validity.md).
 *
 * @param ostMs model OST of each image, NaN: never solved
 * @param targetMs target OST of each image
 * @param cells cell of each image (`matchedCells`)
 * @returns null where no two of the drawn images share a cell
 * @throws CorescoreError `metric_undefined` for NaN in the target
 */
export function matchedConcordanceOfRows(
  ostMs: ArrayLike<number>,
  targetMs: ArrayLike<number>,
  cells: Int32Array,
): (rows: Int32Array) => number | null {
  const n = ostMs.length;
  if (targetMs.length !== n || cells.length !== n) {
    throw new RangeError(`${n} solution times, ${targetMs.length} of the target and ${cells.length} cells`);
  }
  const missing = Array.prototype.findIndex.call(targetMs, Number.isNaN);
  if (missing >= 0) {
    throw new CorescoreError('metric_undefined', `The target has no solution time for image ${missing}.`, {
      field: 'target',
      remedy: 'Select the images that the target solves, and report how many there are.',
    });
  }
  const late = (i: number) => (Number.isNaN(ostMs[i]) ? Number.POSITIVE_INFINITY : ostMs[i]);
  const members = new Map<number, number[]>();
  for (const [image, cell] of cells.entries()) members.set(cell, [...(members.get(cell) ?? []), image]);
  const pairs: number[] = [];
  const scores: number[] = [];
  for (const images of members.values()) {
    for (const [place, i] of images.entries()) {
      for (const j of images.slice(0, place)) {
        pairs.push(i, j);
        const order = compare(late(i), late(j)) * compare(targetMs[i], targetMs[j]);
        scores.push((1 + order) / 2);
      }
    }
  }
  const drawn = new Int32Array(n);
  return (rows) => {
    drawn.fill(0);
    for (let r = 0; r < rows.length; r++) drawn[rows[r]]++;
    let alike = 0;
    let counted = 0;
    for (let p = 0; p < scores.length; p++) {
      const times = drawn[pairs[2 * p]] * drawn[pairs[2 * p + 1]];
      alike += times * scores[p];
      counted += times;
    }
    return counted === 0 ? null : alike / counted;
  };
}

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

/** Images that share a cell with another: those that enter. */
export function matchedImages(cells: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < cells.length; i++) counts.set(cells[i], (counts.get(cells[i]) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum + (count > 1 ? count : 0), 0);
}

/** `matchedConcordanceOfRows` of all images. */
export function matchedConcordance(
  ostMs: ArrayLike<number>,
  targetMs: ArrayLike<number>,
  cells: Int32Array,
): number | null {
  return matchedConcordanceOfRows(ostMs, targetMs, cells)(Int32Array.from({ length: ostMs.length }, (_, i) => i));
}
