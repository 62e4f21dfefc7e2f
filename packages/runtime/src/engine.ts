import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { NetworkManifest } from '@corescore/contracts';

const PACKAGES: Record<NetworkManifest['kind'], string> = { onnx: 'onnxruntime-node', tfjs: '@tensorflow/tfjs-core' };

/**
 * Name and version of the engine of a kind, e.g. `onnxruntime-node 1.30.0`. Read from its package, so that the parent
 * process knows it without loading the native library.
 */
export function engineName(kind: NetworkManifest['kind']): string {
  const path = createRequire(import.meta.url).resolve(`${PACKAGES[kind]}/package.json`);
  const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string };
  return `${name} ${version}`;
}
