import { CorescoreError } from '@corescore/contracts';
import type { Assembly } from '@corescore/formats';
import { type Selection, selectRecorded } from './selection.js';
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
  /** Whether to leave out what has no value in the windows; default: it is an error. */
  dropNan?: boolean;
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
  /** Left out for want of values. */
  dropped: Selection['dropped'];
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
  const selection = selectRecorded(assembly, recorded, windows, options.dropNan === true);
  const { presentations } = selection;
  const chosen = (name: string, flag: string) => {
    const values = coordinate(assembly, name, flag);
    return Array.from(presentations, (p) => values[p]!);
  };
  const names = labelsOf(chosen(options.label, '--label'), options.label);
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
      : leaveOneGroupOut(chosen(options.folds, '--folds'));
  requireTrainable(names, fold, options);
  const labels = Int32Array.from(names, (name) => classes.indexOf(name));
  const counts = classes.map((_, k) => labels.filter((label) => label === k).length);
  const n = presentations.length;

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
    neuroids: selection.neuroids.length,
    dropped: selection.dropped,
    chance: Math.max(...counts) / n,
    maxDualityGap: 0,
    windows: [],
  };
  const kernels = await createKernels({ threads: options.threads });
  try {
    for (const window of windows) {
      const { decisions, maxGap } = await decode(
        {
          x: windowSums(recorded, window, selection),
          n,
          f: selection.neuroids.length,
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

/** @throws CorescoreError `file_format` where a presentation has no label: it would pass for a class of its own */
function labelsOf(values: readonly (string | number)[], label: string): string[] {
  const names = values.map((value) => String(value).trim());
  const missing = names.filter((name) => name === '' || name === 'NaN').length;
  if (missing === 0) return names;
  throw new CorescoreError(
    'file_format',
    `${missing} of ${names.length} presentations have no ${label}: it is empty.`,
    {
      field: '--label',
      remedy: `Leave them out of the file (assembly.sel(presentation=assembly["${label}"] != "")), or decode another coordinate.`,
    },
  );
}

/** @throws CorescoreError `configuration` naming a class that one fold holds whole: nothing would be left to learn it from */
function requireTrainable(names: readonly string[], fold: ArrayLike<number>, { label, folds }: DecodeOptions): void {
  for (const name of new Set(names)) {
    const inFolds = new Set([...names.keys()].filter((i) => names[i] === name).map((i) => fold[i]));
    if (inFolds.size > 1) continue;
    throw new CorescoreError(
      'configuration',
      `All presentations of the ${label} "${name}" are in one fold${folds === 'stratified' ? '' : ` (one ${folds})`}: it cannot be learnt from the others.`,
      { field: '--folds', remedy: 'Use --folds stratified, another coordinate, or leave that class out of the file.' },
    );
  }
}

function coordinate(assembly: Assembly, name: string, flag: string): (string | number)[] {
  const found = assembly.coords[name];
  if (found?.dim === 'presentation') return found.values;
  const unread = assembly.unread[name];
  if (unread !== undefined) {
    throw new CorescoreError('file_format', `The coordinate ${name} cannot be read: it ${unread}.`, {
      field: flag,
      remedy: 'Write the file again without that (gzip, plain numbers and texts), or use another coordinate.',
    });
  }
  const others = Object.entries(assembly.coords).filter(([, { dim }]) => dim === 'presentation');
  throw new CorescoreError('configuration', `The presentations have no coordinate ${name}.`, {
    field: flag,
    remedy: `Use one of ${others.map(([other]) => other).join(', ')}${flag === '--folds' ? ', or stratified' : ''}.`,
  });
}
