import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bindingPaths, nativeFolder } from './native-tfjs/folder.js';
import type { Access } from './sandbox/command.js';

/** Where drivers look, and which card an operator has chosen. None of them holds a secret. */
const VARIABLES = [
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_DEVICE_ORDER',
  'NVIDIA_VISIBLE_DEVICES',
  'NVIDIA_DRIVER_CAPABILITIES',
  'VK_ICD_FILENAMES',
  'VK_DRIVER_FILES',
];

/** Vulkan's loader and drivers read their manifests here. */
const VULKAN = ['/etc/vulkan', '/usr/share/vulkan'];

/** Where drivers find out which cards there are; the links lead to `/sys/devices`. */
const CARDS = ['/sys/devices', '/sys/bus/pci', '/sys/class/drm', '/sys/dev/char', '/sys/module/nvidia'];

/**
 * Vulkan drivers keep the programs they compile in memory that is a file to the kernel: without any, SwiftShader ends
 * with a bus error. Nothing on disk is writable to the process.
 */
const DRIVER_FILE_BYTES = 256 * 1024 ** 2;

const ON_A_DEVICE: readonly string[] = ['cuda', 'webgpu', 'native-gpu'];

/** Devices of NVIDIA's driver, and the render nodes of the others. */
function deviceNodes(): string[] {
  const names = (folder: string, pattern: RegExp): string[] =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => pattern.test(name))
          .map((name) => join(folder, name))
      : [];
  return [
    ...names('/dev', /^nvidia(\d+|ctl|-uvm|-uvm-tools|-modeset)$/),
    ...names('/dev/nvidia-caps', /^nvidia-cap\d+$/),
    ...names('/dev/dri', /^(renderD|card)\d+$/),
  ];
}

/** The binding's folder, and TensorFlow's libraries where they lie; its log keeps to errors. */
function nativeAccess(folder: string): Pick<Required<Access>, 'environment' | 'readable'> {
  return {
    environment: { CORESCORE_TFJS_NATIVE: folder, TF_CPP_MIN_LOG_LEVEL: '2' },
    readable: bindingPaths(folder),
  };
}

/**
 * What a model's process needs of the host for its engine to reach a device; nothing for `cpu` and `wasm`.
 * @param env the service's environment
 */
export function accessFor(provider: string, env: NodeJS.ProcessEnv = process.env): Access {
  // WebAssembly needs no native code: Node refuses all of it, and is then a barrier of its own.
  if (provider === 'wasm') return { addons: false };
  const native = provider.startsWith('native-') ? nativeAccess(nativeFolder(env)) : { environment: {}, readable: [] };
  if (!ON_A_DEVICE.includes(provider)) return { ...native, devices: [] };
  const environment: Record<string, string> = Object.fromEntries(
    VARIABLES.flatMap((name) => (env[name] === undefined || env[name] === '' ? [] : [[name, env[name]]])),
  );
  const listed = (name: string): string[] => environment[name]?.split(':') ?? [];
  const manifests = [...listed('VK_ICD_FILENAMES'), ...listed('VK_DRIVER_FILES')];
  // A driver's manifest names its library, which may lie beside it.
  const paths = [...listed('LD_LIBRARY_PATH'), ...manifests, ...manifests.map((path) => dirname(path))];
  return {
    environment: { ...environment, ...native.environment },
    readable: [
      ...native.readable,
      ...[...VULKAN, ...CARDS, ...paths].filter((path) => path.startsWith('/') && existsSync(path)),
    ],
    devices: deviceNodes(),
    ...(provider === 'webgpu' ? { fileBytes: DRIVER_FILE_BYTES } : {}),
  };
}
