import { describe, it } from 'vitest';
import { unavailable } from '../../src/engines.js';
import { conformance } from './suite.js';
import { ABSENT, tfjsModel } from './tfjs-models.js';

/**
 * The suite for TensorFlow.js on a provider. Native TensorFlow and WebGPU are the operator's to install: where one does
 * not open, the list of tests says so, and why. A file a provider: two native libraries do not share a process.
 */
export async function tfjsConformance(provider: string): Promise<void> {
  const name = `TensorFlow.js on ${provider}`;
  const why = await unavailable('tfjs', provider);
  if (why === null) {
    const engine = /^@tensorflow\/tfjs-core 4\.22\.\d+$/;
    conformance({ name, kind: 'tfjs', model: tfjsModel, absent: ABSENT, engine, provider });
    return;
  }
  describe(name, () => {
    it.skip(`not tried on this machine: ${why}`, () => undefined);
  });
}
