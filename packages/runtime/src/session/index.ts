export type { ModelSession, Recorded, SessionDescription } from './model-session.js';
export { openOnnxSession } from './onnx-session.js';
