import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  CorescoreError,
  DEFAULT_PROVIDERS,
  type NetworkManifest,
  PROVIDERS,
  type ProviderOrder,
} from '@corescore/contracts';
import { engineName } from './engine.js';
import { nativeFolder, readBinding, TFJS_NODE } from './native-tfjs/folder.js';
import { openInChild } from './open-in-child.js';
import { WEBGPU_PACKAGES } from './session/tfjs-webgpu.js';

/** The engine that runs networks of a kind on this machine. */
export interface EngineChoice {
  /** Name and version, e.g. `onnxruntime-node 1.30.0`. */
  engine: string;
  provider: string;
  /** A line for each provider that was preferred and does not open, with the reason. */
  skipped: string[];
}

const choices = new Map<string, Promise<EngineChoice>>();

/**
 * The first provider of the operator's order that opens here, found out once per process by opening each in a child.
 * A run then uses that one and no other: there is no fall-back in the middle of a run.
 * @throws CorescoreError `configuration` where none opens
 */
export function chooseEngine(
  kind: NetworkManifest['kind'],
  { [kind]: order }: ProviderOrder = DEFAULT_PROVIDERS,
): Promise<EngineChoice> {
  const key = `${kind} ${order.join()}`;
  let choice = choices.get(key);
  if (choice === undefined) {
    choice = choose(kind, order);
    choices.set(key, choice);
  }
  return choice;
}

async function choose(kind: NetworkManifest['kind'], order: readonly string[]): Promise<EngineChoice> {
  const skipped: string[] = [];
  for (const provider of order) {
    const why = await unavailable(kind, provider);
    if (why === null) return { engine: engineName(kind), provider, skipped };
    skipped.push(`${engineName(kind)}: ${provider} does not open: ${why}`);
  }
  throw new CorescoreError('configuration', `No provider opens on this machine. ${skipped.join(' ')}`, {
    field: kind === 'onnx' ? 'CORESCORE_ONNX_PROVIDERS' : 'CORESCORE_TFJS_PROVIDERS',
    remedy: `Add "${ALWAYS[kind]}", which opens everywhere, at its end.`,
  });
}

/** Inside the npm package, without libraries or drivers of the host. */
const ALWAYS: Record<NetworkManifest['kind'], string> = { onnx: 'cpu', tfjs: 'wasm' };

/** Why a provider cannot be used here; null where it can. */
export async function unavailable(kind: NetworkManifest['kind'], provider: string): Promise<string | null> {
  if (provider === ALWAYS[kind]) return null;
  return notInstalled(kind, provider) ?? openInChild(kind, provider);
}

/** What a provider lacks that can be seen without opening it, and how it is installed. */
function notInstalled(kind: NetworkManifest['kind'], provider: string): string | null {
  if (provider === 'cuda' && !existsSync(cudaLibrary())) {
    return 'its libraries are not installed (ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node; docs/gpu.md).';
  }
  if (provider.startsWith('native-') && readBinding(nativeFolder()) === null && !isInstalled(TFJS_NODE)) {
    return 'its binding is not built (corescore doctor --setup-tfjs; docs/gpu.md).';
  }
  if (kind === 'tfjs' && provider === 'webgpu' && !Object.values(WEBGPU_PACKAGES).every(isInstalled)) {
    return `its packages are not installed (npm install --no-save ${Object.values(WEBGPU_PACKAGES).join(' ')}; docs/gpu.md).`;
  }
  return null;
}

function isInstalled(name: string): boolean {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return folders.some((folder) => existsSync(join(folder, name, 'package.json')));
}

/** Comes with the package only when its install script is asked for it. */
function cudaLibrary(): string {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  return join(root, 'bin/napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so');
}

export interface ProviderState {
  kind: NetworkManifest['kind'];
  /** Name and version, e.g. `onnxruntime-node 1.30.0`. */
  engine: string;
  provider: string;
  /** Why it does not open here; null where it does. */
  why: string | null;
}

/** Every provider that there is, each opened in a child as a model's process would; one after the other. */
export async function providerStates(): Promise<ProviderState[]> {
  const states: ProviderState[] = [];
  for (const kind of ['onnx', 'tfjs'] as const) {
    for (const provider of PROVIDERS[kind]) {
      states.push({ kind, engine: engineName(kind), provider, why: await unavailable(kind, provider) });
    }
  }
  return states;
}
