import { createRequire } from 'node:module';
import type * as Converter from '@tensorflow/tfjs-converter';
import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';

// The packages' main files, which are CommonJS: their ES modules import without extensions, which Node refuses.
const require = createRequire(import.meta.url);

/** TensorFlow.js with one backend set and tried. */
export interface Tfjs {
  core: typeof Core;
  layers: typeof Layers;
  converter: typeof Converter;
}

/** Registers the backend of a provider and says what TensorFlow.js calls it. */
const BACKENDS: Record<string, () => Promise<string>> = {
  async wasm() {
    require('@tensorflow/tfjs-backend-wasm');
    return 'wasm';
  },
};

/**
 * Loads TensorFlow.js and sets the backend of the provider.
 * @throws Error where it does not work: `setBackend` alone goes on with another backend, so an operator is run as well
 */
export async function startTfjs(provider: string): Promise<Tfjs> {
  const core = require('@tensorflow/tfjs-core') as typeof Core;
  const register = BACKENDS[provider];
  if (register === undefined) throw new Error(`TensorFlow.js has no provider "${provider}"`);
  const backend = await register();
  const isSet = await core.setBackend(backend);
  await core.ready();
  if (!isSet || core.getBackend() !== backend) throw new Error(`the backend ${backend} does not start`);
  const doubled = core.tidy(() => core.matMul(core.tensor2d([[1, 2, 3, 4]]), core.mul(core.eye(4), 2)));
  const values = String(await doubled.data());
  doubled.dispose();
  if (values !== '2,4,6,8') throw new Error(`the backend ${backend} doubles 1, 2, 3, 4 to ${values}`);
  return {
    core,
    layers: require('@tensorflow/tfjs-layers') as typeof Layers,
    converter: require('@tensorflow/tfjs-converter') as typeof Converter,
  };
}
