import { i1 } from './i1.js';

/** The two options of image i against object c: P(its own object | i) and P(c | i), up to a common factor. */
type Options = (image: number, other: number) => readonly [own: number, other: number];

/**
 * Image-level discrimination per distractor, d' units (METRICS 3; Rajalingham et al. 2018): i2(i,c) = d'(i,c), clipped
 * to [-5, 5]. i1 is its mean over c.
 *
 * @param probabilities n*classes row-major, P(choice | image); rows need not sum to 1
 * @param labels truth of each image, 0 .. classes - 1
 * @returns n*classes row-major; NaN for the image's own object and where d' is undefined (inf - inf, a distractor that
 *   no image shows)
 */
export function i2(probabilities: Float64Array, labels: Int32Array, classes: number): Float64Array {
  return discriminate(labels, classes, (image, other) => [
    probabilities[image * classes + labels[image]],
    probabilities[image * classes + other],
  ]);
}

/**
 * `i2` of p(i,c), the share of trials on image i in which c was chosen over the image's own object: what behaviour gives
 * (`trialShares`).
 *
 * @param shares n*classes row-major, 0 .. 1; NaN where c was not tried against image i
 */
export function i2OfShares(shares: Float64Array, labels: Int32Array, classes: number): Float64Array {
  return discriminate(labels, classes, (image, other) => {
    const share = shares[image * classes + other];
    return [1 - share, share];
  });
}

/** d'(i,c) looks at the images of two objects and at their two probabilities only: it is i1 of that two-object problem. */
function discriminate(labels: Int32Array, classes: number, options: Options): Float64Array {
  const out = new Float64Array(labels.length * classes).fill(Number.NaN);
  const images = Int32Array.from(labels, (_, image) => image);
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++) {
      const pair = images.filter((image) => labels[image] === a || labels[image] === b);
      const truth = Int32Array.from(pair, (image) => (labels[image] === a ? 0 : 1));
      const other = Int32Array.from(truth, (own) => (own === 0 ? b : a));
      const probabilities = new Float64Array(2 * pair.length);
      pair.forEach((image, i) => {
        const [own, distractor] = options(image, other[i]);
        probabilities[2 * i + truth[i]] = own;
        probabilities[2 * i + 1 - truth[i]] = distractor;
      });
      i1(probabilities, truth, 2).forEach((value, i) => {
        out[pair[i] * classes + other[i]] = value;
      });
    }
  }
  return out;
}

/**
 * The `n` of i1n and i2n: i2 less the mean over images of its (truth, choice) cell, so that what is left tells images of
 * one object apart (METRICS 3). NaN cells are not counted and stay NaN.
 *
 * @param values n*classes row-major, `i2`
 */
export function normaliseCells(values: Float64Array, labels: Int32Array, classes: number): Float64Array {
  const sums = new Float64Array(classes * classes);
  const counts = new Int32Array(classes * classes);
  const cellOf = (at: number) => labels[Math.floor(at / classes)] * classes + (at % classes);
  values.forEach((value, at) => {
    if (Number.isNaN(value)) return;
    sums[cellOf(at)] += value;
    counts[cellOf(at)]++;
  });
  return values.map((value, at) => value - sums[cellOf(at)] / counts[cellOf(at)]);
}

/** Mean of each image over its defined distractors: i1 of i2, i1n of i2n. NaN where none is defined. Length n. */
export function distractorMeans(values: Float64Array, classes: number): Float64Array {
  return Float64Array.from({ length: values.length / classes }, (_, image) => {
    const defined = values.subarray(image * classes, (image + 1) * classes).filter((value) => !Number.isNaN(value));
    return defined.reduce((sum, value) => sum + value, 0) / defined.length;
  });
}

/** `i2` less its cell means (METRICS 3). Arguments and NaN as `i2`. */
export function i2n(probabilities: Float64Array, labels: Int32Array, classes: number): Float64Array {
  return normaliseCells(i2(probabilities, labels, classes), labels, classes);
}

/** Mean of `i2n` over distractors (METRICS 3). Arguments and NaN as `i1`. */
export function i1n(probabilities: Float64Array, labels: Int32Array, classes: number): Float64Array {
  return distractorMeans(i2n(probabilities, labels, classes), classes);
}
