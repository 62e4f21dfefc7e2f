import type { HostileCase } from './case.js';
import { ONNX_CASES } from './onnx-cases.js';
import { TFJS_CASES } from './tfjs-cases.js';

/** Made here and nowhere kept: what these files are is read better from how they are made. */
export const HOSTILE: HostileCase[] = [...ONNX_CASES, ...TFJS_CASES];
