import type { ImageResults } from '@corescore/contracts';
import type { Band } from '../charts/courses.js';

/** One image of a run. */
export interface ImageRow {
  index: number;
  id: string;
  object: string;
  band: Band;
  threshold: number;
  targetMs: number | null;
  ostMs: number | null;
  reason: ImageResults['ostReason'][number];
  /** Model minus target, ms; null where one of them is absent. */
  differenceMs: number | null;
  correct: number | null;
}

export function imageRows(images: ImageResults): ImageRow[] {
  return images.stimulusIds.map((id, index) => {
    const ostMs = images.ostMs[index] ?? null;
    const targetMs = images.targetMs[index] ?? null;
    return {
      index,
      id,
      object: images.objects[index]!,
      band: images.subsets[index]!,
      threshold: images.thresholds[index]!,
      targetMs,
      ostMs,
      reason: images.ostReason[index] ?? null,
      differenceMs: ostMs === null || targetMs === null ? null : ostMs - targetMs,
      correct: images.correct[index] ?? null,
    };
  });
}

export const IMAGE_ORDERS = {
  difference: 'largest difference to the target',
  late: 'solved latest',
  early: 'solved earliest',
  unsolved: 'never solved first',
  id: 'stimulus id',
} as const;
export type ImageOrder = keyof typeof IMAGE_ORDERS;
export const isImageOrder = (text: string | null): text is ImageOrder => text !== null && text in IMAGE_ORDERS;

/** Descending, absent values last. */
const descending = (a: number | null, b: number | null): number =>
  a === null ? (b === null ? 0 : 1) : b === null ? -1 : b - a;
const negated = (x: number | null): number | null => (x === null ? null : -x);

const COMPARE: Record<ImageOrder, (a: ImageRow, b: ImageRow) => number> = {
  difference: (a, b) =>
    descending(
      a.differenceMs === null ? null : Math.abs(a.differenceMs),
      b.differenceMs === null ? null : Math.abs(b.differenceMs),
    ),
  late: (a, b) => descending(a.ostMs, b.ostMs),
  early: (a, b) => descending(negated(a.ostMs), negated(b.ostMs)),
  unsolved: (a, b) => Number(a.ostMs !== null) - Number(b.ostMs !== null) || descending(a.threshold, b.threshold),
  id: () => 0,
};

export interface ImageQuery {
  order: ImageOrder;
  band: Band | null;
  object: string | null;
}

/** The images a reader asks for, in the order asked; ties by stimulus id. */
export function selectImages(rows: readonly ImageRow[], { order, band, object }: ImageQuery): ImageRow[] {
  return rows
    .filter((row) => (band === null || row.band === band) && (object === null || row.object === object))
    .sort((a, b) => COMPARE[order](a, b) || a.index - b.index);
}

export interface CurvePoint {
  startMs: number;
  i1: number;
}

/** The i1 curve of one image, d′; empty where nothing was decoded or the model is not temporal. */
export function curveOf(images: ImageResults, index: number): CurvePoint[] {
  return images.binStartsMs.flatMap((startMs, bin) => {
    const i1 = images.i1[bin]?.[index];
    return startMs === null || i1 == null ? [] : [{ startMs, i1 }];
  });
}

/**
 * The two bins that a solution time was read between (METRICS 4): the first at or above the threshold, and before it
 * either the best below it or the one just before; the benchmark says which. The one whose line gives `ostMs` is told,
 * null where neither does (a time that does not come from this curve, or no bin below the threshold).
 */
export function bracketOf(
  curve: readonly CurvePoint[],
  threshold: number,
  ostMs: number | null,
): [CurvePoint, CurvePoint] | null {
  const hit = curve.findIndex((p) => p.i1 >= threshold);
  if (ostMs === null || hit < 1) return null;
  const below = curve.slice(0, hit);
  const best = below.reduce((a, b) => (b.i1 > a.i1 ? b : a));
  const above = curve[hit]!;
  const crossing = (from: CurvePoint) =>
    from.startMs + ((above.startMs - from.startMs) * (threshold - from.i1)) / (above.i1 - from.i1);
  const from = [best, below.at(-1)!].find((p) => Math.abs(crossing(p) - ostMs) < 0.5);
  return from === undefined ? null : [from, above];
}
