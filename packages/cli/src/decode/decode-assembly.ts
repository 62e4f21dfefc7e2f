import { CorescoreError } from '@corescore/contracts';
import type { Assembly } from '@corescore/formats';
import { countWindows, recordings, type WindowOptions, windowSums } from './windows.js';

export interface DecodeOptions extends WindowOptions {
  /** Presentation coordinate to decode. */
  label: string;
  /** A presentation coordinate (leave one of its values out), or `stratified`. */
  folds: string;
  /** Of `stratified`. */
  splits: number;
  seed: number;
  /** Weight of the hinge loss on standardised features. */
  c: number;
  threads: number;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface DecodedWindow {
  startMs: number;
  endMs: number;
  accuracy: number;
  /** 95 %, by the spread of the folds (`heldOutShare`): presentations that share a classifier are not independent. */
  low: number;
  high: number;
  correct: number;
  n: number;
  /** Decision values, presentation x class, each presentation held out. */
  decisions: Float64Array;
}

export interface Decoding {
  label: string;
  classes: string[];
  folds: string;
  foldCount: number;
  /** Fold of each presentation. */
  fold: Int32Array;
  c: number;
  windowMs: number;
  stepMs: number;
  presentations: number;
  neuroids: number;
  /** Share of the most frequent class: what one gets by always saying it. */
  chance: number;
  maxDualityGap: number;
  windows: DecodedWindow[];
}

/**
 * Accuracy over time of the benchmark's own decoder (METRICS 2: z-scored linear SVM, one-vs-rest) on recordings:
 * values summed over each window, every presentation decoded by a classifier that has not seen its fold.
 * @throws CorescoreError naming the flag or the coordinate at fault
 */
export async function decodeAssembly(assembly: Assembly, options: DecodeOptions): Promise<Decoding> {
  const { argmaxCorrect, decode, heldOutShare, leaveOneGroupOut, stratifiedKFold } = await import('@corescore/metrics');
  const { createKernels } = await import('@corescore/linalg');
  const recorded = recordings(assembly);
  const windows = countWindows(recorded, options);
  const names = coordinate(assembly, options.label, '--label').map(String);
  const classes = [...new Set(names)].sort();
  if (classes.length < 2) {
    throw new CorescoreError('configuration', `All presentations have the same ${options.label}.`, {
      field: '--label',
      remedy: 'Choose a coordinate with two values or more.',
    });
  }
  const fold =
    options.folds === 'stratified'
      ? stratifiedKFold(names, options.splits, options.seed)
      : leaveOneGroupOut(coordinate(assembly, options.folds, '--folds'));
  const labels = Int32Array.from(names, (name) => classes.indexOf(name));
  const counts = classes.map((_, k) => labels.filter((label) => label === k).length);
  const n = recorded.presentations;

  const result: Decoding = {
    label: options.label,
    classes,
    folds: options.folds,
    foldCount: new Set(fold).size,
    fold,
    c: options.c,
    windowMs: options.windowMs,
    stepMs: options.stepMs,
    presentations: n,
    neuroids: recorded.neuroids,
    chance: Math.max(...counts) / n,
    maxDualityGap: 0,
    windows: [],
  };
  const kernels = await createKernels({ threads: options.threads });
  try {
    for (const window of windows) {
      const { decisions, maxGap } = await decode(
        {
          x: windowSums(recorded, window),
          n,
          f: recorded.neuroids,
          labels,
          classes: classes.length,
          folds: [fold],
          c: options.c,
        },
        kernels,
        options.signal,
      );
      const held = decisions[0]!;
      const hits = argmaxCorrect(held, labels, classes.length);
      const { value, low, high } = heldOutShare(hits, fold);
      result.windows.push({
        startMs: window.startMs,
        endMs: window.endMs,
        accuracy: value,
        low,
        high,
        correct: hits.reduce((sum, hit) => sum + hit, 0),
        n,
        decisions: held,
      });
      result.maxDualityGap = Math.max(result.maxDualityGap, maxGap);
      options.onProgress?.(result.windows.length, windows.length);
    }
  } finally {
    await kernels.dispose();
  }
  return result;
}

function coordinate(assembly: Assembly, name: string, flag: string): (string | number)[] {
  const found = assembly.coords[name];
  if (found?.dim === 'presentation') return found.values;
  const others = Object.entries(assembly.coords).filter(([, { dim }]) => dim === 'presentation');
  throw new CorescoreError('configuration', `The presentations have no coordinate ${name}.`, {
    field: flag,
    remedy: `Use one of ${others.map(([other]) => other).join(', ')}${flag === '--folds' ? ', or stratified' : ''}.`,
  });
}
