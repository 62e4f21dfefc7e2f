import type { NetworkManifest } from '@corescore/contracts';
import { describe, it } from 'vitest';
import { unavailable } from '../../src/engines.js';
import { onnxModel } from './onnx-models.js';
import { type Conforming, conformance } from './suite.js';
import { ABSENT, tfjsModel } from './tfjs-models.js';

type Engine = Pick<Conforming, 'model' | 'absent' | 'engine'> & { title: string };

const ENGINES: Record<NetworkManifest['kind'], Engine> = {
  onnx: { title: 'onnxruntime-node', model: onnxModel, absent: {}, engine: /^onnxruntime-node \d+\.\d+\.\d+$/ },
  tfjs: {
    title: 'TensorFlow.js',
    model: tfjsModel,
    absent: ABSENT,
    engine: /^@tensorflow\/tfjs-core 4\.22\.\d+$/,
  },
};

/**
 * The suite for an engine on a provider. CUDA, native TensorFlow and WebGPU are the operator's to install: where one does
 * not open, the list of tests says so, and why. A file a provider: two native libraries do not share a process.
 */
export async function conformanceOn(kind: NetworkManifest['kind'], provider: string): Promise<void> {
  const { title, ...engine } = ENGINES[kind];
  const name = `${title} on ${provider}`;
  const why = await unavailable(kind, provider);
  const mayRefuse = provider === 'webgpu' ? { 'mean-float16': /requires f16 but the device does not support it/ } : {};
  if (why === null) {
    conformance({ ...engine, mayRefuse, name, kind, provider });
    return;
  }
  describe(name, () => {
    it.skip(`not tried on this machine: ${why}`, () => undefined);
  });
}
