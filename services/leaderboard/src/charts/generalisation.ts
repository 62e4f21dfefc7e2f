import type { Series } from '@corescore/contracts';
import { formatQuantity } from '../format/numbers.js';
import { binEdges } from './courses.js';

export interface GeneralisationCell {
  trainFrom: number;
  trainTo: number;
  testFrom: number;
  testTo: number;
  value: number;
  low: number | null;
  high: number | null;
}

export interface GeneralisationSquare {
  /** Without those that are undefined. */
  cells: GeneralisationCell[];
  /** Of the bins, ms. */
  edges: number[];
  chance: number;
  /** Highest accuracy. */
  most: number;
  /** Longest way from a value to an end of its interval. */
  widest: number | null;
}

/** The series `temporal_generalisation`, train bin x test bin. */
export function squareOf(series: Series, chance: number): GeneralisationSquare {
  const starts = series.axes[0]!.values.map(Number);
  const edges = binEdges(starts);
  const cells = starts.flatMap((trainFrom, t) =>
    starts.flatMap((testFrom, s) => {
      const at = t * starts.length + s;
      const value = series.values[at];
      if (value == null) return [];
      const [low, high] = [series.low?.[at] ?? null, series.high?.[at] ?? null];
      return [{ trainFrom, trainTo: edges[t + 1]!, testFrom, testTo: edges[s + 1]!, value, low, high }];
    }),
  );
  const reach = cells.flatMap((c) => (c.low === null || c.high === null ? [] : [c.value - c.low, c.high - c.value]));
  return {
    cells,
    edges,
    chance,
    most: Math.max(chance, ...cells.map((c) => c.value)),
    widest: reach.length === 0 ? null : Math.max(...reach),
  };
}

/** What the map shows, in a sentence: how much of the accuracy at a bin's own time is left far from it. */
export function generalisationSentence({ cells }: GeneralisationSquare): string {
  const own = cells.filter((c) => c.trainFrom === c.testFrom);
  const first = own[0];
  const last = own.at(-1);
  if (first === undefined || last === undefined) return 'Temporal generalisation: undefined';
  const at = (train: GeneralisationCell, test: GeneralisationCell) =>
    cells.find((c) => c.trainFrom === train.trainFrom && c.testFrom === test.testFrom);
  const words = (cell: GeneralisationCell | undefined) =>
    cell === undefined ? 'undefined' : formatQuantity(cell.value, 'fraction');
  return `Temporal generalisation: fitted at ${first.trainFrom} ms, accuracy ${words(first)} there and ${words(at(first, last))} at ${last.testFrom} ms; fitted at ${last.trainFrom} ms, ${words(last)} there and ${words(at(last, first))} at ${first.testFrom} ms`;
}
