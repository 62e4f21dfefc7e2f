import { CorescoreError } from '@corescore/contracts';
import type { Assembly } from '@corescore/formats';
import type { CountWindow, Recordings } from './windows.js';

/** What of the recordings is decoded. */
export interface Selection {
  presentations: Int32Array;
  neuroids: Int32Array;
  /** Presentations without any value, and neuroids without a value somewhere, by name: left out with `--drop-nan`. */
  dropped: { presentations: number; neuroids: string[] };
}

/**
 * All of the recordings where every value of the windows is there. Else, with `dropNan`, without the presentations that
 * have no value at all, and then without the neuroids that lack one.
 * @throws CorescoreError `file_format` naming the neuroid, where values are missing and nothing may be left out, or nothing
 * would be left
 */
export function selectRecorded(
  assembly: Assembly,
  recorded: Recordings,
  windows: readonly CountWindow[],
  dropNan: boolean,
): Selection {
  const all = (count: number) => Int32Array.from({ length: count }, (_, i) => i);
  const empty = emptyCells(recorded, windows);
  const { neuroids } = recorded;
  const lacking = (presentation: number) =>
    all(neuroids).filter((neuroid) => empty[presentation * neuroids + neuroid] === 1);
  const presentations = all(recorded.presentations).filter((p) => lacking(p).length < neuroids);
  const without = all(neuroids).filter((m) => presentations.some((p) => empty[p * neuroids + m] === 1));
  const blank = recorded.presentations - presentations.length;
  const names = Array.from(without, (m) => nameOf(assembly, m));
  if (blank === 0 && without.length === 0) {
    return { presentations, neuroids: all(neuroids), dropped: { presentations: 0, neuroids: [] } };
  }
  const left = all(neuroids).filter((m) => !without.includes(m));
  if (dropNan && left.length > 0 && presentations.length > 0) {
    return { presentations, neuroids: left, dropped: { presentations: blank, neuroids: names } };
  }
  const what = [
    ...(blank === 0 ? [] : [`${blank} of ${recorded.presentations} presentations have no value at all`]),
    ...(names.length === 0 ? [] : [`${names.length} of ${neuroids} neuroids lack a value: ${shortened(names)}`]),
  ].join(', and ');
  throw new CorescoreError('file_format', `In the windows, ${what} (NaN, or the fill value).`, {
    field: '--drop-nan',
    remedy: dropNan
      ? 'Nothing would be left without them. Choose windows in which they were recorded (--start-ms, --end-ms), or fill the values in.'
      : 'Leave them out with --drop-nan, or choose windows in which they were recorded (--start-ms, --end-ms).',
  });
}

/** 1 for each presentation and neuroid with a bin that is no number, among those that the windows sum. */
function emptyCells(
  { presentations, neuroids, data, stride }: Recordings,
  windows: readonly CountWindow[],
): Uint8Array {
  const bins = new Set(
    windows.flatMap(({ firstBin, bins: count }) => Array.from({ length: count }, (_, b) => firstBin + b)),
  );
  const empty = new Uint8Array(presentations * neuroids);
  for (let p = 0; p < presentations; p++) {
    for (let m = 0; m < neuroids; m++) {
      for (const bin of bins) {
        const value = data[p * stride.presentation + m * stride.neuroid + bin * stride.bin]!;
        if (!Number.isFinite(value)) empty[p * neuroids + m] = 1;
      }
    }
  }
  return empty;
}

/** What the assembly calls a neuroid: its id, else its number from 0. */
function nameOf(assembly: Assembly, neuroid: number): string {
  const id = assembly.coords['neuroid_id'] ?? assembly.coords['neuroid'];
  return id?.dim === 'neuroid' ? String(id.values[neuroid]) : `number ${neuroid}`;
}

const SHOWN = 8;
const shortened = (names: readonly string[]): string =>
  names.length > SHOWN ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more` : names.join(', ');
