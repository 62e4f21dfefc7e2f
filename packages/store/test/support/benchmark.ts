import type { BenchmarkDefinition } from '@corescore/contracts';

export const STIMULUS_IDS = ['im0', 'im1', 'im2', 'im3'];

export const BENCHMARK: BenchmarkDefinition = {
  id: 'tiny',
  version: 0,
  ref: 'tiny@0',
  digest: 'd'.repeat(64),
  title: 'Tiny',
  sentence: 'Four images.',
  caveat: 'All of it is made up.',
  stimulusSet: { identifier: 'four', digest: 'e'.repeat(64), images: 4, control: 2, challenge: 2 },
  sites: 8,
  visualDegrees: 8,
  binStartsMs: [70, 80],
  binMs: 10,
  regions: ['IT'],
  sortMetric: 'ost_rho_partial',
  parameters: { c: 1e-3 },
  target: { delayMs: 30 },
  references: [
    { model: 'corescore/simulated-it', role: 'it', label: 'Simulated IT', sentence: 'A perfect model.' },
    { model: 'corescore/null', role: 'null', label: 'Null', sentence: 'No model at all.' },
  ],
};
