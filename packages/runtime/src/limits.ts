import { CorescoreError, type ProviderOrder } from '@corescore/contracts';

/** What a model process may use. */
export interface Limits {
  /** Seconds of wall time, loading included. */
  wallSeconds: number;
  /** Bytes of memory of the whole process group. */
  memoryBytes: number;
  /** Bytes of all activations together, as float32. */
  maxActivationBytes: number;
  /** Threads within one operator. */
  threads: number;
  /** Engines' providers in the order in which they are tried; default `DEFAULT_PROVIDERS`. */
  providers?: ProviderOrder;
  /** `require`: a model is not run where a wall of the sandbox is missing; default `warn`: its log says so. */
  sandbox?: 'require' | 'warn';
}

const MIB = 1024 ** 2;

/** Node and ONNX Runtime alone take about 100 MiB: below this no model could ever run. */
export const MIN_MEMORY_BYTES = 192 * MIB;

/** @throws CorescoreError `configuration` naming the limit. */
export function checkLimits(limits: Limits): Limits {
  const need = (name: Exclude<keyof Limits, 'providers' | 'sandbox'>, minimum: number, whole: boolean): void => {
    const value = limits[name];
    if (!Number.isFinite(value) || value < minimum || (whole && !Number.isSafeInteger(value))) {
      throw new CorescoreError(
        'configuration',
        `The limit ${name} is ${value}, not a ${whole ? 'whole ' : ''}number of at least ${minimum}.`,
        { field: `limits.${name}`, remedy: `Set it to at least ${minimum}.` },
      );
    }
  };
  need('wallSeconds', 0.001, false);
  need('memoryBytes', MIN_MEMORY_BYTES, true);
  need('maxActivationBytes', 1, true);
  need('threads', 1, true);
  return limits;
}

/** Two digits, never a power of ten: 0.0312 -> "3.1 %", 1 -> "100 %" */
export function formatPercent(fraction: number): string {
  return `${(100 * fraction).toLocaleString('en', { maximumSignificantDigits: 2 })} %`;
}
