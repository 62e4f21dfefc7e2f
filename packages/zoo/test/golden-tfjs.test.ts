import { describe } from 'vitest';
import { goldenOnTfjs } from './golden/on-tfjs.js';
import { startWasm } from './support/tfjs.js';

describe('golden cases on TensorFlow.js with WASM', () => {
  goldenOnTfjs(startWasm);
});
