import { onnxModel } from './onnx-models.js';
import { conformance } from './suite.js';

conformance({
  name: 'onnxruntime-node on cpu',
  kind: 'onnx',
  model: onnxModel,
  absent: {},
  engine: /^onnxruntime-node \d+\.\d+\.\d+$/,
  provider: 'cpu',
});
