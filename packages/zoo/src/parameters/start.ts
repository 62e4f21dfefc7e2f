import { checkSeed, normalStream, uniformStream } from './random.js';
import { elementsOf, type ParameterSpec, type ParameterValues } from './specs.js';

/**
 * Values that a training begins with: the same for the same seed, in this process and any other.
 * @param seed whole number, 0 .. 2^53 - 1
 * @throws CorescoreError `invalid_architecture` for another seed
 */
export function startValues(specs: readonly ParameterSpec[], seed: number): ParameterValues {
  checkSeed(seed);
  return new Map(specs.map((spec) => [spec.name, valuesOf(spec, seed)]));
}

function valuesOf({ name, shape, start }: ParameterSpec, seed: number): Float32Array {
  const values = new Float32Array(elementsOf(shape));
  if (start.kind === 'constant') return values.fill(start.value);
  const uniform = uniformStream(seed, name);
  const draw = start.kind === 'he-normal' ? heNormal(uniform, start.fanIn) : glorotUniform(uniform, start);
  return values.map(() => start.scale * draw());
}

/** He et al. 2015: standard deviation sqrt(2 / fan-in). */
function heNormal(uniform: () => number, fanIn: number): () => number {
  const normal = normalStream(uniform);
  const deviation = Math.sqrt(2 / fanIn);
  return () => deviation * normal();
}

/** Glorot & Bengio 2010: uniform within ± sqrt(6 / (fan-in + fan-out)). */
function glorotUniform(uniform: () => number, { fanIn, fanOut }: { fanIn: number; fanOut: number }): () => number {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return () => limit * (2 * uniform() - 1);
}
