/** ONNX files. At present the writer; what reads them is in `formats`. */
export * from './writer/element-types.js';
export * from './writer/messages.js';
export { encodeModel } from './writer/model.js';
