import type { ImageResults } from '@corescore/contracts';
import type { Band } from '../charts/courses.js';
import { fixed } from '../format/numbers.js';
import { REASONS } from '../format/scores.js';

/** One image of a run. */
export interface ImageRow {
  index: number;
  id: string;
  object: string;
  band: Band;
  threshold: number;
  targetMs: number | null;
  ostMs: number | null;
  /** By each rule of METRICS 4, from the curve; null where it gives no time or there is no curve. */
  byRule: Record<Bracket, number | null>;
  reason: ImageResults['ostReason'][number];
  /** Model minus target, ms; null where one of them is absent. */
  differenceMs: number | null;
  correct: number | null;
}

/** Between which bins a solution time is read: the one at or above θ, and the best below it or the one just before. */
export type Bracket = 'best' | 'previous';
export const BRACKETS: Record<Bracket, string> = {
  best: 'from the best bin below θ',
  previous: 'from the bin just before',
};

/** The rule that gives the run's own times; null where no curve does (a look-up, a model without time). */
export function scoredBracket(rows: readonly ImageRow[]): Bracket | null {
  const timed = rows.filter(({ ostMs, byRule }) => ostMs !== null && byRule.best !== null && byRule.previous !== null);
  if (timed.length === 0) return null;
  // Where the rules differ one of them is right by far more than the rounding of stored values.
  const off = (rule: Bracket) => timed.reduce((sum, row) => sum + Math.abs(row.byRule[rule]! - row.ostMs!), 0);
  return off('previous') < off('best') ? 'previous' : 'best';
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
      byRule: timesOf(curveOf(images, index), images.thresholds[index]!),
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
 * The two bins that each rule reads a solution time between (METRICS 4): the first at or above the threshold, and before it
 * the one with the highest i1 below (the earliest of equals), or the one just before. Null without both.
 */
export function bracketsOf(
  curve: readonly CurvePoint[],
  threshold: number,
): Record<Bracket, [CurvePoint, CurvePoint]> | null {
  const hit = curve.findIndex((p) => p.i1 >= threshold);
  if (hit < 1) return null;
  const below = curve.slice(0, hit);
  const above = curve[hit]!;
  return { best: [below.reduce((a, b) => (b.i1 > a.i1 ? b : a)), above], previous: [below.at(-1)!, above] };
}

/** When the line between two bins reaches the threshold, ms. */
const crossing = ([from, to]: [CurvePoint, CurvePoint], threshold: number): number =>
  from.startMs + ((to.startMs - from.startMs) * (threshold - from.i1)) / (to.i1 - from.i1);

function timesOf(curve: readonly CurvePoint[], threshold: number): ImageRow['byRule'] {
  const brackets = bracketsOf(curve, threshold);
  if (brackets !== null)
    return { best: crossing(brackets.best, threshold), previous: crossing(brackets.previous, threshold) };
  // Already there in the first bin that is covered: no line is drawn.
  const first = curve[0];
  const at = first !== undefined && first.i1 >= threshold ? first.startMs : null;
  return { best: at, previous: at };
}

export const otherRule = (rule: Bracket): Bracket => (rule === 'best' ? 'previous' : 'best');

/** Whether the two rules read different times, to the digit that is shown. */
export const rulesDiffer = ({ byRule: { best, previous } }: ImageRow): boolean =>
  best !== null && previous !== null && fixed(best, 1) !== fixed(previous, 1);

/** What the curve says, in words: for who cannot see it, and for models that have none. */
export function imageSentence(row: ImageRow, scored: Bracket | null = null): string {
  const target = row.targetMs === null ? '' : `; the target solves it at ${fixed(row.targetMs, 1)} ms`;
  if (row.ostMs !== null) {
    const other =
      scored === null || !rulesDiffer(row)
        ? ''
        : ` (read ${BRACKETS[scored]}; ${BRACKETS[otherRule(scored)]} it is ${fixed(row.byRule[otherRule(scored)]!, 1)} ms)`;
    return `The model solves this image at ${fixed(row.ostMs, 1)} ms${other}${target}.`;
  }
  const why = row.reason === null ? REASONS.undefined : REASONS[row.reason];
  return `No solution time, ${why.words}${target}.`;
}
