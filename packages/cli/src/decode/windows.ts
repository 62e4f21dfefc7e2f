import { CorescoreError } from '@corescore/contracts';
import type { Assembly } from '@corescore/formats';

export interface WindowOptions {
  windowMs: number;
  stepMs: number;
  /** Start of the first window; default: the assembly's first bin. */
  startMs?: number | undefined;
  /** No window ends after this; default: the end of the assembly's last bin. */
  endMs?: number | undefined;
}

export interface CountWindow {
  startMs: number;
  endMs: number;
  /** Index of its first bin, and how many bins it sums. */
  firstBin: number;
  bins: number;
}

/** Recordings laid out for decoding: presentation x neuroid x time bin, strides in elements. */
export interface Recordings {
  presentations: number;
  neuroids: number;
  data: Float64Array;
  stride: { presentation: number; neuroid: number; bin: number };
  binStartsMs: number[];
  binMs: number;
}

const DIMENSIONS = ['presentation', 'neuroid', 'time_bin'] as const;

/** @throws CorescoreError `file_format` where the assembly lacks a dimension, or bins of equal length side by side */
export function recordings(assembly: Assembly): Recordings {
  const names = assembly.dims.map((dim) => dim.name);
  const strides = assembly.dims.map((_, i) =>
    assembly.dims.slice(i + 1).reduce((product, dim) => product * dim.size, 1),
  );
  const [presentation, neuroid, bin] = DIMENSIONS.map((name) => {
    const index = names.indexOf(name);
    if (index >= 0) return { stride: strides[index]!, size: assembly.dims[index]!.size };
    throw new CorescoreError('file_format', `The assembly has the dimensions ${names.join(', ')}, but no ${name}.`, {
      field: name,
      remedy: `Decoding over time needs ${DIMENSIONS.join(' x ')}.`,
    });
  }) as [Extent, Extent, Extent];
  const extra = assembly.dims.find((dim) => dim.size > 1 && !(DIMENSIONS as readonly string[]).includes(dim.name));
  if (extra !== undefined) {
    throw new CorescoreError('file_format', `The assembly has a further dimension, ${extra.name}.`, {
      field: extra.name,
      remedy: `Average or select over it first: decoding takes ${DIMENSIONS.join(' x ')}.`,
    });
  }
  const starts = numbers(assembly, 'time_bin_start');
  const ends = numbers(assembly, 'time_bin_end');
  const binMs = ends[0]! - starts[0]!;
  const isEven = starts.every((start, i) => ends[i] === start + binMs && (i === 0 || start === ends[i - 1]));
  if (!isEven || !(binMs > 0)) {
    throw new CorescoreError('file_format', 'The time bins are not of one length, side by side and in order.', {
      field: 'time_bin_start',
      remedy: 'Bin the recordings evenly first.',
    });
  }
  return {
    presentations: presentation.size,
    neuroids: neuroid.size,
    data: assembly.data,
    stride: { presentation: presentation.stride, neuroid: neuroid.stride, bin: bin.stride },
    binStartsMs: starts,
    binMs,
  };
}

interface Extent {
  stride: number;
  size: number;
}

function numbers(assembly: Assembly, name: string): number[] {
  const coordinate = assembly.coords[name];
  if (coordinate?.dim === 'time_bin' && coordinate.values.length > 0) return coordinate.values.map(Number);
  throw new CorescoreError('file_format', `The assembly has no coordinate ${name} along time_bin.`, {
    field: name,
    remedy:
      name in assembly.unread
        ? `It ${assembly.unread[name]}: write the file again without that.`
        : 'Add it: the starts and ends of the time bins in ms from stimulus onset.',
  });
}

/**
 * Windows every `stepMs` from `startMs`, as long as they lie within the recordings and end by `endMs`.
 * @throws CorescoreError `configuration` where windows would cut through bins, or none fits
 */
export function countWindows(recorded: Recordings, options: WindowOptions): CountWindow[] {
  const { binMs, binStartsMs } = recorded;
  const firstMs = binStartsMs[0]!;
  const lastMs = firstMs + binMs * binStartsMs.length;
  const { windowMs, stepMs, startMs = firstMs, endMs = lastMs } = options;
  const whole = (flag: string, ms: number) => {
    if (Number.isInteger(ms / binMs)) return ms / binMs;
    throw new CorescoreError('configuration', `${flag} would cut through the assembly's bins of ${binMs} ms.`, {
      field: flag,
      remedy: `Use a multiple of ${binMs} ms${flag === '--start-ms' ? ` from ${firstMs} ms` : ''}.`,
    });
  };
  const bins = whole('--window-ms', windowMs);
  const step = whole('--step-ms', stepMs);
  const first = whole('--start-ms', startMs - firstMs);
  const windows: CountWindow[] = [];
  for (let bin = first; bin >= 0; bin += step) {
    const start = firstMs + bin * binMs;
    if (start + windowMs > Math.min(endMs, lastMs)) break;
    windows.push({ startMs: start, endMs: start + windowMs, firstBin: bin, bins });
  }
  if (windows.length > 0) return windows;
  throw new CorescoreError(
    'configuration',
    `No window of ${windowMs} ms from ${startMs} to ${endMs} ms lies within the recordings, ${firstMs} to ${lastMs} ms.`,
    { field: '--start-ms', remedy: 'Move --start-ms and --end-ms, or shorten --window-ms.' },
  );
}

/** Sums over the bins of a window, of what is selected: presentations x neuroids, row-major. */
export function windowSums(
  recorded: Recordings,
  window: CountWindow,
  { presentations, neuroids }: { presentations: Int32Array; neuroids: Int32Array },
): Float32Array {
  const { data, stride } = recorded;
  const sums = new Float32Array(presentations.length * neuroids.length);
  let to = 0;
  for (const p of presentations) {
    for (const m of neuroids) {
      let at = p * stride.presentation + m * stride.neuroid + window.firstBin * stride.bin;
      let sum = 0;
      for (let b = 0; b < window.bins; b += 1, at += stride.bin) sum += data[at]!;
      sums[to++] = sum;
    }
  }
  return sums;
}
