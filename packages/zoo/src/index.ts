/** The zoo: recurrent models of the ventral stream, written once over a small set of operators. */
export { type AboutModel, networkManifest } from './export/manifest.js';
export { encodeNetwork } from './export/onnx.js';
export { ZOO } from './models/index.js';
export type { ZooConfig } from './network/config.js';
export { Network, type Run } from './network/network.js';
export type { Ops } from './ops/ops.js';
export { tfjsOps } from './ops/tfjs.js';
export { prepareTraining } from './ops/training.js';
export type { ParameterSpec, ParameterValues } from './parameters/specs.js';
export { startValues } from './parameters/start.js';
export { tfjsVariables } from './parameters/variables.js';
export type { TrainingIdentity } from './train/checkpoint.js';
export { CORE_OBJECTS_TRAIN, type Recipe, type Stage } from './train/recipe.js';
export { type CurvePoint, type Trained, type TrainOptions, train } from './train/train.js';
export type { TrainingSet } from './train/training-set.js';
