import { conformanceOn } from './provider.js';

await conformanceOn('onnx', 'cpu');
