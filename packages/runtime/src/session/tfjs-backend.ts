import { createRequire } from 'node:module';
import type * as Converter from '@tensorflow/tfjs-converter';
import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import { nativeFolder } from '../native-tfjs/folder.js';
import { loadNative, NATIVE_BACKEND } from '../native-tfjs/load.js';
import { registerWebgpu, watchDevice } from './tfjs-webgpu.js';

// The packages' main files, which are CommonJS: their ES modules import without extensions, which Node refuses.
const require = createRequire(import.meta.url);

/** TensorFlow.js with one backend set and tried. */
export interface Tfjs {
  core: typeof Core;
  layers: typeof Layers;
  converter: typeof Converter;
  /** Of what computes below TensorFlow.js, where that has a version of its own. */
  version: string | null;
  /** Throws where the device has refused an operator whose result has been read. */
  check(): void;
}

/** What TensorFlow.js calls a backend. */
interface Registered {
  backend: string;
  version: string | null;
}

/** Registers the backend of a provider. */
const BACKENDS: Record<string, (core: typeof Core, threads: number) => Promise<Registered>> = {
  async wasm() {
    require('@tensorflow/tfjs-backend-wasm');
    return { backend: 'wasm', version: null };
  },
  'native-cpu': async (_, threads) => native(threads, false),
  'native-gpu': async (_, threads) => native(threads, true),
  webgpu: async (core) => ({ backend: await registerWebgpu(core), version: null }),
};

function native(threads: number, gpu: boolean): Registered {
  const tfjs = loadNative({ folder: nativeFolder(), threads, gpu });
  return { backend: NATIVE_BACKEND, version: `TensorFlow ${tfjs.backend().binding.TF_Version}` };
}

/**
 * Loads TensorFlow.js and sets the backend of the provider.
 * @param threads within one operator, where the backend has them
 * @throws Error where it does not work: `setBackend` alone goes on with another backend, so an operator is run as well
 */
export async function startTfjs(provider: string, threads: number): Promise<Tfjs> {
  const core = require('@tensorflow/tfjs-core') as typeof Core;
  const register = BACKENDS[provider];
  if (register === undefined) throw new Error(`TensorFlow.js has no provider "${provider}"`);
  const { backend, version } = await register(core, threads);
  const isSet = await core.setBackend(backend);
  await core.ready();
  if (!isSet || core.getBackend() !== backend) throw new Error(`the backend ${backend} does not start`);
  const check = provider === 'webgpu' ? watchDevice(core) : () => undefined;
  const doubled = core.tidy(() => core.matMul(core.tensor2d([[1, 2, 3, 4]]), core.mul(core.eye(4), 2)));
  const values = String(await doubled.data());
  doubled.dispose();
  check();
  if (values !== '2,4,6,8') throw new Error(`the backend ${backend} doubles 1, 2, 3, 4 to ${values}`);
  return {
    core,
    layers: require('@tensorflow/tfjs-layers') as typeof Layers,
    converter: require('@tensorflow/tfjs-converter') as typeof Converter,
    version,
    check,
  };
}
