/** ONNX files, without an engine: one bounded reader for files of strangers, one writer. */

export { ELEMENT_TYPES } from './element-types.js';
export { decodeFloat16, encodeFloat16 } from './float16.js';
export { externalDataErrors } from './reader/external-data.js';
export { type OnnxGraph, readOnnxGraph } from './reader/graph.js';
export { GRAPH_LIMITS, SUPPORTED } from './reader/limits.js';
export type { OnnxTensorInfo } from './reader/records.js';
export { layerDepth } from './shapes/layer-depth.js';
export { type ModelCost, onnxCost } from './shapes/multiply-adds.js';
export { onnxSemanticDigest } from './weights/digest.js';
export { foldedWeightWarnings } from './weights/folded-weights.js';
export { shuffleElements } from './weights/shuffle.js';
export { type ShuffledWeights, shuffleOnnxWeights } from './weights/shuffle-weights.js';
export { littleEndian } from './writer/little-endian.js';
export * from './writer/messages.js';
export { encodeModel } from './writer/model.js';
