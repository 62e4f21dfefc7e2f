import { inverseNormal } from '../random/normal.js';

const CLIP = 5;

/**
 * Image-level discrimination, d' units (METRICS 3; Rajalingham et al. 2018):
 * d'(i,c) = z(1 - p(i,c)) - z(mean over images j of class c of p(j, o(i))), p(i,c) = P(c|i) / (P(c|i) + P(o(i)|i)),
 * clipped to [-5, 5]; i1(i) = mean over the distractors c.
 *
 * @param probabilities n*classes row-major, P(choice | image); rows need not sum to 1
 * @param labels truth of each image, 0 .. classes - 1
 * @returns length n; NaN where no d' is defined (inf - inf and distractors absent from the images are skipped)
 */
export function i1(probabilities: Float64Array, labels: Int32Array, classes: number): Float64Array {
  const n = labels.length;
  const p = pairwise(probabilities, labels, classes);
  const falseAlarms = meanFalseAlarms(p, labels, classes).map(inverseNormal);
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    let defined = 0;
    for (let c = 0; c < classes; c++) {
      if (c === labels[i]) continue;
      const difference = inverseNormal(1 - p[i * classes + c]) - falseAlarms[c * classes + labels[i]];
      if (Number.isNaN(difference)) continue;
      sum += Math.max(-CLIP, Math.min(CLIP, difference));
      defined++;
    }
    out[i] = defined === 0 ? Number.NaN : sum / defined;
  }
  return out;
}

/** p(i,c), NaN for the true class. */
function pairwise(probabilities: Float64Array, labels: Int32Array, classes: number): Float64Array {
  const p = new Float64Array(labels.length * classes).fill(Number.NaN);
  for (let i = 0; i < labels.length; i++) {
    const row = i * classes;
    const truth = probabilities[row + labels[i]];
    for (let c = 0; c < classes; c++) {
      if (c !== labels[i]) p[row + c] = probabilities[row + c] / (probabilities[row + c] + truth);
    }
  }
  return p;
}

/** [c][o] = mean over the images j of class c of p(j, o); NaN where there are none. */
function meanFalseAlarms(p: Float64Array, labels: Int32Array, classes: number): Float64Array {
  const sums = new Float64Array(classes * classes);
  const counts = new Int32Array(classes * classes);
  for (let j = 0; j < labels.length; j++) {
    for (let o = 0; o < classes; o++) {
      const value = p[j * classes + o];
      if (Number.isNaN(value)) continue;
      sums[labels[j] * classes + o] += value;
      counts[labels[j] * classes + o]++;
    }
  }
  return sums.map((sum, cell) => (counts[cell] === 0 ? Number.NaN : sum / counts[cell]));
}
