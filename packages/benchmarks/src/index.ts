/** A benchmark = stimuli + target + metric -> ScoreReport. The one code path for server, `run --local` and tests. */

export { controlsOf } from './controls/registry.js';
export { type ControlOptions, type ControlsOptions, scoreControl, scoreControls } from './controls/score-control.js';
export { prepareTwin, TWIN_IDENTITY, type Twin } from './controls/twin.js';
export { withControls } from './controls/with-controls.js';
export type { Benchmark } from './definitions/benchmark.js';
export {
  type BundledActivations,
  type BundledModel,
  bundledActivations,
  bundledModels,
} from './definitions/bundled.js';
export { NULL_ROW_SOURCES, REFERENCE_MODELS } from './definitions/core-objects.js';
export { benchmarkRefs, loadBenchmark } from './definitions/registry.js';
export { difficultyLookUp, feedForwardRamp, thresholdOnly } from './kinds/solution-times/null-rows.js';
export { type LocalRun, runLocal } from './run/local.js';
export {
  type Prepared,
  type PreparedRegion,
  type PrepareRequest,
  prepareActivations,
  SUPPLIED,
} from './run/prepare.js';
export type { ScoreOptions } from './scoring/options.js';
export { scoreActivations } from './scoring/score.js';
export type { Activations } from './scoring/subject.js';
export type { Cost } from './validate/cost.js';
export type { Finding } from './validate/finding.js';
export { type ValidatedArray, type ValidateRequest, type Validation, validate } from './validate/validate.js';
