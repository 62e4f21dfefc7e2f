import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The execution provider that every session uses. */
export const PROVIDER = 'cpu';

/**
 * Name and version of the engine, e.g. `onnxruntime-node 1.30.0`. Read from the package, so that the parent process
 * knows it without loading the native library.
 */
export const ENGINE: string = (() => {
  const path = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string };
  return `${name} ${version}`;
})();
