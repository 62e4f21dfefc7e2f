/** Readers of files, no engine: what upload checks and local commands look at. */
export type { Scratch } from './activations/array-files.js';
export {
  type ActivationsArray,
  checkActivations,
  openActivations,
  type SuppliedActivations,
} from './activations/arrays.js';
export type { StimulusIds } from './activations/ids.js';
export { type InspectedActivations, stillWarning } from './activations/inspect.js';
export { RowChecks } from './activations/row-checks.js';
export {
  ENGINE_VERSIONS,
  IMAGE_TYPES,
  type ImageType,
  RECORDED_TYPES,
  STATE_TYPES,
  type StateType,
} from './capabilities.js';
export { readCsv } from './csv.js';
export { imageElements, withRange } from './image-values.js';
export { FEWEST_VALUES, isImageType } from './input-values.js';
export { archiveOf, type DeclaredFiles, declaredFiles } from './manifest/declared-files.js';
export { type InspectedManifest, inspectManifest, isTemporal, isWithin, parseManifest } from './manifest/parse.js';
export { modelVersionDigest } from './manifest/version.js';
export { type Assembly, readAssembly } from './netcdf/assembly.js';
export {
  checkNetwork,
  fileErrors,
  inspectNetwork,
  type NetworkFacts,
  notSent,
  semanticDigest,
  weightWarnings,
} from './network.js';
export { type NpyDtype, type NpyHeader, npyHeaderBytes, readNpyHeader } from './npy/header.js';
export { type Npz, openNpz } from './npy/npz.js';
export { readNpyRows } from './npy/read.js';
export { writeNpyFloat32, writeNpyUint8 } from './npy/write.js';
export { fixedBatch, onnxContractErrors } from './onnx/contract.js';
export { GRAPH_OPERATORS, LAYER_CLASSES } from './tfjs/known.js';
export { readTfjsModel, type TfjsModel } from './tfjs/model.js';
export { shuffleTfjsWeights } from './tfjs/shuffle-weights.js';
export { openZip, type Zip } from './zip.js';
