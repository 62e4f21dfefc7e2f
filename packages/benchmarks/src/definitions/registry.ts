import { CorescoreError } from '@corescore/contracts';
import type { Benchmark } from './benchmark.js';
import { loadCoreObjectsOst } from './core-objects.js';

const BUILT_IN: Record<string, (home: string) => Promise<Benchmark>> = {
  'core-objects-ost@0': loadCoreObjectsOst,
};

/** The newest version of each id answers to the bare id. */
function resolve(ref: string): string | undefined {
  if (ref in BUILT_IN) return ref;
  const version = (key: string): number => Number(key.split('@')[1]);
  return Object.keys(BUILT_IN)
    .filter((key) => key.split('@')[0] === ref)
    .sort((a, b) => version(b) - version(a))[0];
}

/** References of the built-in benchmarks, `id@version`. */
export const benchmarkRefs = (): string[] => Object.keys(BUILT_IN);

/** @throws CorescoreError `unknown_benchmark`. */
export async function loadBenchmark(ref: string, home: string): Promise<Benchmark> {
  const key = resolve(ref);
  if (key === undefined) {
    throw new CorescoreError('unknown_benchmark', `There is no benchmark "${ref}".`, {
      field: 'benchmark',
      remedy: `Use one of ${benchmarkRefs().join(', ')}.`,
    });
  }
  return BUILT_IN[key](home);
}
