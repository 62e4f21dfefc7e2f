import { type Clock, CorescoreError } from '@corescore/contracts';
import { readNpyHeader } from '@corescore/formats';
import { clockWindows } from '@corescore/metrics';
import type { Twin } from '../controls/twin.js';
import type { Benchmark } from '../definitions/benchmark.js';
import { binMixtures, coverage, type Mixture } from './mixtures.js';

/** IT activations of a subject for the benchmark's images. */
export interface Activations {
  /** float32 .npy [step][stimulus][feature], stimuli sorted by id. */
  path: string;
  clock: Clock | undefined;
  /** Whether the activations change over time; if not, they count as one window held over all bins. */
  temporal: boolean;
  /** Activations of the untrained twin, of the same shape; default: none was run. Only its control reads them. */
  twin?: Twin;
}

/** Recorded activations as scoring sees them: which mixture of steps is read in which time bin. */
export interface Subject {
  path: string;
  mixtures: Mixture[];
  /** For each bin the index of its mixture, -1 where the clock covers nothing of it; one entry without time. */
  ofBin: number[];
  /** The same for the bins of the recordings: without time the one mixture stands for all of them. */
  ofRecording: number[];
  temporal: boolean;
  /** Recorded steps, and the first of them that is scored. */
  steps: number;
  firstStep: number;
  /** How the clock falls on the benchmark's time. */
  notes: string[];
}

/**
 * Reads the header of the activations and lays the clock over the benchmark's bins.
 * @throws CorescoreError `array_shape`: other images than the benchmark's; `invalid_manifest`: a clock outside its time
 */
export async function subjectOf(benchmark: Benchmark, activations: Activations): Promise<Subject> {
  const { path, clock } = activations;
  const { shape } = await readNpyHeader(path);
  if (shape.length !== 3 || shape[1] !== benchmark.labels.length) {
    throw new CorescoreError(
      'array_shape',
      `The activations have shape ${shape.join(' x ')}; the benchmark has ${benchmark.labels.length} images.`,
      {
        remedy: 'Give one array [step][stimulus][feature] over all images of the stimulus set.',
      },
    );
  }
  const steps = shape[0];
  const firstStep = clock?.firstStep ?? 0;
  if (clock === undefined || !activations.temporal) {
    const only = new Float64Array(steps);
    only[firstStep] = 1;
    const why =
      clock === undefined ? 'The model declares no clock' : 'The recorded activations do not change over time';
    return {
      path,
      mixtures: [only],
      ofBin: [0],
      ofRecording: benchmark.bins.map(() => 0),
      temporal: false,
      steps,
      firstStep,
      notes: [`${why}: not temporal, one window held over all bins.`],
    };
  }
  const windows = clockWindows(clock, steps);
  const { mixtures, ofBin } = binMixtures(windows, benchmark.bins, firstStep);
  if (mixtures.length === 0) {
    const first = benchmark.bins[0].startMs;
    const last = benchmark.bins[benchmark.bins.length - 1].endMs;
    throw new CorescoreError(
      'invalid_manifest',
      `The clock covers ${windows[0].startMs}-${windows[windows.length - 1].endMs} ms; the benchmark measures ${first}-${last} ms.`,
      {
        field: '/clock',
        remedy: `Declare a clock whose windows fall within ${first}-${last} ms after image onset.`,
      },
    );
  }
  return {
    path,
    mixtures,
    ofBin,
    ofRecording: ofBin,
    temporal: true,
    steps,
    firstStep,
    notes: [`The clock ${coverage(ofBin, benchmark.bins)}; mapping: overlap.`],
  };
}
