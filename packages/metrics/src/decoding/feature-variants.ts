import { CorescoreError } from '@corescore/contracts';
import { inverseNormal } from '../random/normal.js';
import { RandomState } from '../random/random-state.js';

/**
 * The columns of a random choice of features (METRICS 4, the strip), in their old order. Fewer features of the same seed
 * are among the more: NumPy's `RandomState(seed).permutation(f)[:count]`, sorted.
 *
 * @param x n*f row-major
 * @param count 1 .. f
 * @returns n*count row-major
 */
export function chooseFeatures(x: Float32Array, n: number, f: number, count: number, seed: number): Float32Array {
  if (!(count >= 1 && count <= f)) throw new RangeError(`${count} of ${f} features`);
  const chosen = new RandomState(seed).permutation(f).slice(0, count).sort();
  const out = new Float32Array(n * count);
  for (let i = 0, at = 0; i < n; i++) for (const j of chosen) out[at++] = x[i * f + j];
  return out;
}

/**
 * Features with Gaussian noise of `ratio` times the variance that each has over the images: what one trial of a neuron of
 * that noise-to-signal ratio would add, a model's own features being without noise. A constant feature stays as it is.
 *
 * @param x n*f row-major; left as it was
 */
export function addTrialNoise(x: Float32Array, n: number, f: number, ratio: number, seed: number): Float32Array {
  if (!(ratio >= 0 && ratio < Number.POSITIVE_INFINITY)) throw new RangeError(`a noise ratio is not ${ratio}`);
  const mean = new Float64Array(f);
  const sd = new Float64Array(f);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < f; j++, at++) mean[j] += x[at] / n;
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < f; j++, at++) sd[j] += (x[at] - mean[j]) ** 2 / n;
  for (let j = 0; j < f; j++) sd[j] = Math.sqrt(ratio * sd[j]);
  const random = new RandomState(seed);
  return x.map((value, at) => value + sd[at % f] * inverseNormal((random.uint32() + 0.5) / 2 ** 32));
}

/**
 * Noise of one trial against the signal, median over neuroids: per neuroid the variance over repetitions (ddof 1; mean
 * over images and bins) divided by the variance over images of the mean response (ddof 1; mean over bins) less the noise
 * that this mean still has. Pooled over bins before the division: a bin before the response has noise and no signal.
 *
 * @param repetitions one each: [bin][image][neuroid], row-major, all of the same length
 * @throws CorescoreError `metric_undefined` for fewer than two repetitions, or where the median neuroid has no signal
 */
export function noiseToSignal(
  repetitions: readonly ArrayLike<number>[],
  bins: number,
  images: number,
  neuroids: number,
): number {
  const r = repetitions.length;
  if (r < 2) {
    throw new CorescoreError('metric_undefined', 'The noise of a trial needs two repetitions at least.', {
      field: 'repetitions',
    });
  }
  if (repetitions.some((one) => one.length !== bins * images * neuroids)) {
    throw new RangeError(`repetitions are not ${bins} x ${images} x ${neuroids}`);
  }
  const noise = new Float64Array(neuroids);
  const variance = new Float64Array(neuroids);
  for (let b = 0; b < bins; b++) {
    for (let s = 0; s < neuroids; s++) {
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < images; i++) {
        const at = (b * images + i) * neuroids + s;
        let mean = 0;
        for (const one of repetitions) mean += one[at] / r;
        for (const one of repetitions) noise[s] += (one[at] - mean) ** 2 / ((r - 1) * images * bins);
        sum += mean;
        squares += mean * mean;
      }
      variance[s] += (squares - (sum * sum) / images) / ((images - 1) * bins);
    }
  }
  const ratios = noise.map((value, s) => {
    const signal = variance[s] - value / r;
    return signal > 0 ? value / signal : Number.POSITIVE_INFINITY;
  });
  const sorted = ratios.sort();
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  if (median < Number.POSITIVE_INFINITY) return median;
  throw new CorescoreError('metric_undefined', 'Half of the neuroids have no signal: trial noise has no size.', {
    field: 'repetitions',
  });
}
