/** A benchmark = stimuli + target + metric -> ScoreReport. The one code path for server, `run --local` and tests. */
export type { Benchmark } from './benchmark.js';
export { prepareTwin, TWIN_IDENTITY, type Twin } from './beside/twin.js';
export { type BundledActivations, type BundledModel, bundledActivations, bundledModels } from './bundled.js';
export { NULL_ROW_SOURCES, REFERENCE_MODELS } from './core-objects.js';
export { type LocalRun, runLocal } from './local.js';
export { difficultyLookUp, feedForwardRamp, thresholdOnly } from './null-rows.js';
export { type Prepared, type PreparedRegion, type PrepareRequest, prepareActivations, SUPPLIED } from './prepare.js';
export { benchmarkRefs, loadBenchmark } from './registry.js';
export { type Activations, type ScoreOptions, scoreActivations } from './score.js';
export type { Cost } from './validate/cost.js';
export type { Finding } from './validate/finding.js';
export { type ValidatedArray, type ValidateRequest, type Validation, validate } from './validate/validate.js';
