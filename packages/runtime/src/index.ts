/** Runs an untrusted model in a sandboxed child process: images in, activations per step out. */
export { MAX_BATCH } from './child/batching.js';
export { chooseEngine, type EngineChoice, type ProviderState, providerStates } from './engines.js';
export { type ExtractedArray, type Extraction, type ExtractRequest, extract } from './extract.js';
export { ModelFailure } from './failure.js';
export { type ActivationsKeyParts, activationsKey, outputIdentity } from './key.js';
export { formatPercent, type Limits, MIN_MEMORY_BYTES } from './limits.js';
export { type NativeBinding, nativeFolder, readBinding } from './native-tfjs/folder.js';
export { type SetupOptions, type SetupStep, setUpNative } from './native-tfjs/setup.js';
export { activationsTooLarge } from './preflight.js';
export { WALLS } from './sandbox/measures.js';
export { requireWalls, sandbox } from './sandbox.js';
export {
  type ModelSession,
  openSession,
  type Recorded,
  type SessionDescription,
  type SessionOptions,
  startTfjs,
} from './session/index.js';
export { makeTemporary, sweepTemporary, type TemporaryKind } from './temporary.js';
