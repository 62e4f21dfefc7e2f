/**
 * Metrics (METRICS): typed arrays in, numbers out. No I/O; random numbers come from seeds that are passed in.
 * The dense kernels are an argument (`Kernels` of @corescore/linalg).
 */

export * from './behaviour/consistency.js';
export * from './behaviour/i1.js';
export * from './behaviour/i2.js';
export * from './decoding/chance.js';
export {
  type DecodeInput,
  type DecodeManyInput,
  type DecodeResult,
  decode,
  decodeMany,
  decodeManyByFold,
} from './decoding/decode.js';
export * from './decoding/decode-step.js';
export type { Convergence, Decoder, FittedDecoder } from './decoding/decoders/decoder.js';
export { SoftmaxDecoder, type SoftmaxOptions } from './decoding/decoders/softmax.js';
export {
  type InitialWeights,
  SoftmaxAdamDecoder,
  type SoftmaxAdamOptions,
  truncatedNormalWeights,
} from './decoding/decoders/softmax-adam.js';
export { type HeldOutDecisions, SvmDecoder, type SvmOptions } from './decoding/decoders/svm.js';
export * from './decoding/evidence.js';
export * from './decoding/feature-variants.js';
export { type HeldOutShare, heldOutShare } from './decoding/held-out-share.js';
export * from './decoding/nested-c.js';
export * from './decoding/platt.js';
export * from './decoding/probabilities.js';
export type { ReadOut } from './decoding/read-outs.js';
export * from './decoding/train-test-times.js';
export * from './folds/folds.js';
export * from './folds/k-fold.js';
export * from './folds/splits.js';
export * from './folds/stratified-group-folds.js';
export {
  BRAIN_SCORE_LAMBDA,
  type InitialisationSpread,
  ostOverInitialisations,
} from './parity/initialisations.js';
export {
  KAR2019_CEILING,
  type OstCorrelation,
  type OstCorrelationInput,
  type OstCorrelationSplit,
  ostCorrelation,
  ostSplits,
  variesOverTime,
} from './parity/ost-correlation.js';
export { type InternalConsistency, internalConsistency, type PlsScore, plsScore } from './parity/pls-score.js';
export {
  type AddedVariance,
  addedVariance,
  addedVarianceDraws,
  sideBySide,
} from './predictivity/added-variance.js';
export { chooseSteps, predictivityElsewhere } from './predictivity/best-step.js';
export {
  type Ceiling,
  type CeilingRule,
  normaliseByCeiling,
  spearmanBrown,
  splitHalfCeiling,
} from './predictivity/ceiling.js';
export { type ImageDraws, predictivityDraws } from './predictivity/image-draws.js';
export { type LinearPrediction, linearPredict } from './predictivity/linear.js';
export {
  EARLY_IT,
  LATE_IT,
  meanInWindow,
  type PredictivityOverTime,
  predictivityOverTime,
  type WindowMean,
} from './predictivity/over-time.js';
export { type PlsPrediction, plsPredict } from './predictivity/pls.js';
export { type PooledGram, pooledGram } from './predictivity/pooled-gram.js';
export {
  neuroidCorrelations,
  type Predictivity,
  predictivity,
  type SplitPredictivity,
} from './predictivity/predictivity.js';
export type { Target } from './predictivity/problem.js';
export { ridgePredict } from './predictivity/ridge.js';
export { type RidgeCvPrediction, ridgeCvPredict } from './predictivity/ridge-cv.js';
export { MINIMUM_SUBSET_IMAGES, subsetPredictivity } from './predictivity/subset.js';
export * from './random/normal.js';
export * from './random/random-state.js';
export * from './similarity/similarity.js';
export * from './similarity/similarity-jackknife.js';
export * from './solution-times/concordance.js';
export * from './solution-times/delay.js';
export {
  matchedCells,
  matchedConcordance,
  matchedConcordanceOfRows,
  matchedImages,
} from './solution-times/matched-concordance.js';
export * from './solution-times/ost.js';
export * from './solution-times/simplicity.js';
export * from './solution-times/time.js';
export * from './solution-times/time-mappings.js';
export {
  type BootstrapInterval,
  bootstrap,
  bootstrapMean,
  type MeanSampling,
  percentileInterval,
} from './statistics/bootstrap.js';
export * from './statistics/compare.js';
export * from './statistics/correlation.js';
export { type PairedDraws, pairedDraws, type Statistic } from './statistics/paired-draws.js';
export * from './statistics/ranks.js';
export { type Spread, spread } from './statistics/spread.js';
export { studentTQuantile, visibleShift } from './statistics/student-t.js';
export * from './statistics/wilson.js';
