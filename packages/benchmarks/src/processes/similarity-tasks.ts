import {
  ckaEstimate,
  pairRanks,
  patternCorrelations,
  pooledGram,
  RandomState,
  rsaEstimate,
  type SimilarityEstimate,
  submatrix,
} from '@corescore/metrics';
import { mixedFeatures, threadKernels } from './features.js';
import { guarded, type ThreadResult } from './task-result.js';

/** Groups of images that the jackknife leaves out in turn, dealt at random. */
const GROUPS = 10;
const SEED = 1;

/** Similarity of one mixture of recorded steps and the responses of some bins. */
export interface SimilarTask {
  path: string;
  weights: Float64Array;
  /** One a bin: image x neuroid. */
  responses: Float64Array[];
  neuroids: number;
}

export interface BinSimilarity {
  rsa: SimilarityEstimate;
  /** Linear, debiased. */
  cka: SimilarityEstimate;
  /** Images of the RDMs: those whose features, and responses, are not all the same. */
  nRsa: number;
}

/** Groups of equal size, over `n` images. */
function deal(n: number): Int32Array {
  const groups = new Int32Array(n);
  new RandomState(SEED).permutation(n).forEach((image, place) => {
    groups[image] = place % GROUPS;
  });
  return groups;
}

export function similarBins(task: SimilarTask): Promise<ThreadResult<BinSimilarity[]>> {
  return guarded(async () => {
    const kernels = await threadKernels();
    const { x, n, f } = await mixedFeatures(task.path, task.weights);
    const features = await patternCorrelations(x, n, f, kernels);
    const gram = await pooledGram(x, n, f, kernels);
    const found: BinSimilarity[] = [];
    // Of the features over all images: the same for every bin.
    let ofAll: Float64Array | undefined;
    for (const response of task.responses) {
      const y = Float32Array.from(response);
      const patterns = await patternCorrelations(y, n, task.neuroids, kernels);
      // The diagonal is NaN only where an image has no pattern.
      const images = Int32Array.from({ length: n }, (_, i) => i).filter(
        (i) => !Number.isNaN(features[i * n + i]) && !Number.isNaN(patterns[i * n + i]),
      );
      const size = images.length;
      const isWhole = size === n;
      const ranksOf = (matrix: Float64Array) => pairRanks(isWhole ? matrix : submatrix(matrix, n, images), size);
      if (isWhole) ofAll ??= ranksOf(features);
      const own = isWhole ? ofAll! : ranksOf(features);
      const target = await pooledGram(y, n, task.neuroids, kernels);
      found.push({
        rsa: rsaEstimate(own, ranksOf(patterns), size, deal(size), GROUPS),
        cka: ckaEstimate(gram.k, target.k, n, deal(n), GROUPS),
        nRsa: size,
      });
    }
    return found;
  });
}
