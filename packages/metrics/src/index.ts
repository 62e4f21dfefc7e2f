/**
 * Metrics (METRICS): typed arrays in, numbers out. No I/O; random numbers come from seeds that are passed in.
 * The dense kernels are an argument (`Kernels` of @corescore/linalg).
 */
export {
  type BootstrapInterval,
  bootstrap,
  bootstrapMean,
  type MeanSampling,
  percentileInterval,
} from './bootstrap.js';
export * from './chance.js';
export * from './compare.js';
export * from './concordance.js';
export * from './consistency.js';
export * from './correlation.js';
export {
  type DecodeInput,
  type DecodeManyInput,
  type DecodeResult,
  decode,
  decodeMany,
} from './decode.js';
export * from './decode-step.js';
export type { Convergence, Decoder, FittedDecoder } from './decoders/decoder.js';
export { SoftmaxDecoder, type SoftmaxOptions } from './decoders/softmax.js';
export {
  type InitialWeights,
  SoftmaxAdamDecoder,
  type SoftmaxAdamOptions,
  truncatedNormalWeights,
} from './decoders/softmax-adam.js';
export { type HeldOutDecisions, SvmDecoder, type SvmOptions } from './decoders/svm.js';
export * from './delay.js';
export * from './evidence.js';
export * from './feature-variants.js';
export * from './folds.js';
export { type HeldOutShare, heldOutShare } from './held-out-share.js';
export * from './i1.js';
export * from './i2.js';
export * from './k-fold.js';
export {
  matchedCells,
  matchedConcordance,
  matchedConcordanceOfRows,
  matchedImages,
} from './matched-concordance.js';
export * from './nested-c.js';
export * from './normal.js';
export * from './ost.js';
export { type PairedDraws, pairedDraws, type Statistic } from './paired-draws.js';
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
export * from './platt.js';
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
export * from './probabilities.js';
export * from './random-state.js';
export * from './ranks.js';
export type { ReadOut } from './read-outs.js';
export * from './similarity.js';
export * from './similarity-jackknife.js';
export * from './simplicity.js';
export * from './splits.js';
export { type Spread, spread } from './spread.js';
export * from './stratified-group-folds.js';
export { studentTQuantile, visibleShift } from './student-t.js';
export * from './time.js';
export * from './time-mappings.js';
export * from './train-test-times.js';
export * from './wilson.js';
