import { CorescoreError } from './problem.js';

/** What an engine can run a network on, by kind of network. */
export const PROVIDERS = {
  onnx: ['cuda', 'webgpu', 'cpu'],
  tfjs: ['native-gpu', 'native-cpu', 'webgpu', 'wasm'],
} as const;

/** Providers in the order in which they are tried: the first that opens runs the model. */
export type ProviderOrder = Readonly<Record<keyof typeof PROVIDERS, readonly string[]>>;

/**
 * WebGPU is not among them: without a graphics card its driver may be a program, slower than any of the others. Who has
 * the card names it.
 */
export const DEFAULT_PROVIDERS: ProviderOrder = { onnx: ['cuda', 'cpu'], tfjs: ['native-gpu', 'native-cpu', 'wasm'] };

/**
 * `cuda,cpu` -> ['cuda', 'cpu']
 * @throws CorescoreError `configuration` for a name that the engine does not have, or one given twice
 */
export function parseProviders(kind: keyof typeof PROVIDERS, text: string, field: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const known: readonly string[] = PROVIDERS[kind];
  const wrong = names.find((name, i) => !known.includes(name) || names.indexOf(name) !== i);
  if (wrong === undefined) return names;
  throw new CorescoreError(
    'configuration',
    `${field} is "${text}": "${wrong}" is not a provider, or stands there twice.`,
    {
      field,
      remedy: `List some of ${known.join(', ')}, separated by commas, the preferred one first.`,
    },
  );
}
