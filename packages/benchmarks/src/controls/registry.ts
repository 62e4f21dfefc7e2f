import { CorescoreError } from '@corescore/contracts';
import type { Benchmark } from '../definitions/benchmark.js';
import type { Control } from './control.js';
import { nativeSteps } from './native-steps.js';
import { sensitivity } from './sensitivity.js';
import { shuffledLabels } from './shuffled-labels.js';
import { similarity } from './similarity.js';
import { stepsByBins } from './steps-by-bins.js';
import { temporalGeneralisation } from './temporal-generalisation.js';
import { untrainedTwin } from './untrained-twin.js';

/** In order of presentation. */
const CONTROLS: readonly Control[] = [
  shuffledLabels,
  untrainedTwin,
  sensitivity,
  nativeSteps,
  temporalGeneralisation,
  stepsByBins,
  similarity,
];

/** Names of the controls of a benchmark, in order of presentation. */
export const controlsOf = (_benchmark: Benchmark): readonly string[] => CONTROLS.map(({ name }) => name);

/** @throws CorescoreError `not_found` where the benchmark has no such control */
export function controlNamed(benchmark: Benchmark, name: string): Control {
  const control = CONTROLS.find((one) => one.name === name);
  if (control !== undefined) return control;
  throw new CorescoreError('not_found', `${benchmark.definition.ref} has no control "${name}".`, {
    field: 'control',
    remedy: `Use one of ${controlsOf(benchmark).join(', ')}.`,
  });
}
