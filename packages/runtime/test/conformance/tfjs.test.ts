import { conformance } from './suite.js';
import { ABSENT, tfjsModel } from './tfjs-models.js';

conformance({
  name: 'TensorFlow.js on wasm',
  kind: 'tfjs',
  model: tfjsModel,
  absent: ABSENT,
  engine: /^@tensorflow\/tfjs-core 4\.22\.\d+$/,
  provider: 'wasm',
});
