import { createRequire } from 'node:module';
import type * as Core from '@tensorflow/tfjs-core';

const require = createRequire(import.meta.url);

/** Dawn for Node, and TensorFlow.js's backend on it: 150 MB that only a machine with a graphics card has a use for. */
export const WEBGPU_PACKAGES = { dawn: 'webgpu', backend: '@tensorflow/tfjs-backend-webgpu' } as const;

/** What is used of `webgpu`. */
interface Dawn {
  create(options: string[]): { requestAdapter(): Promise<object | null> };
  globals: object;
}

/** What is used of a GPUDevice. */
interface Device {
  onuncapturederror: ((event: { error: { message: string } }) => void) | null;
}

let registered: Promise<string> | undefined;

/**
 * Gives this process a WebGPU and registers the backend, once: Dawn ends the process when a device of an instance that
 * is gone is used.
 * @returns what TensorFlow.js calls it
 */
export function registerWebgpu(core: typeof Core): Promise<string> {
  registered ??= register(core);
  return registered;
}

async function register(core: typeof Core): Promise<string> {
  const { create, globals } = (await import(WEBGPU_PACKAGES.dawn)) as Dawn;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  if ((await gpu.requestAdapter()) === null) {
    throw new Error('WebGPU finds no graphics card, or no Vulkan driver of one (docs/gpu.md)');
  }
  // From Node 21 on `navigator` is there, without a graphics card in it.
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  require(WEBGPU_PACKAGES.backend);
  chainAddN(core);
  return 'webgpu';
}

/**
 * Watches the device: what it refuses is told later, and the result is zeros in the meantime.
 * @returns throws what the device has refused so far
 */
export function watchDevice(core: typeof Core): () => void {
  const { device } = core.backend() as unknown as { device: Device };
  let refused: string | null = null;
  device.onuncapturederror = ({ error }) => {
    refused ??= error.message;
  };
  return () => {
    if (refused !== null) throw new Error(`the graphics card refuses an operator: ${refused}`);
  };
}

/** The backend's own sum of n tensors needs n + 1 buffers; a device may have eight. */
function chainAddN(core: typeof Core): void {
  const backendName = 'webgpu';
  const add = core.getKernel('Add', backendName).kernelFunc;
  const identity = core.getKernel('Identity', backendName).kernelFunc;
  core.unregisterKernel('AddN', backendName);
  core.registerKernel({
    kernelName: 'AddN',
    backendName,
    kernelFunc({ inputs, backend }) {
      const terms = inputs as unknown as Core.TensorInfo[];
      let sum = identity({ inputs: { x: terms[0]! }, backend }) as Core.TensorInfo;
      for (const term of terms.slice(1)) {
        const next = add({ inputs: { a: sum, b: term }, backend }) as Core.TensorInfo;
        (backend as Core.KernelBackend).disposeData(sum.dataId);
        sum = next;
      }
      return sum;
    },
  });
}
