import type { Score, Series } from '@corescore/contracts';
import { findScore, REASONS } from '../format/scores.js';
import type { CoursePoint } from './courses.js';

export interface Floor {
  label: string;
  points: Omit<CoursePoint, 'band'>[];
}

const FLOORS = [
  { name: 'accuracy_twin', label: 'untrained twin' },
  { name: 'accuracy_shuffled', label: 'shuffled labels' },
] as const;

/** Time courses below which nothing was learnt: of all images, without the bins where they are undefined. */
export function floorCourses(series: readonly Series[]): Floor[] {
  return FLOORS.flatMap(({ name, label }) => {
    const found = series.find((s) => s.name === name && s.subset === 'all');
    if (found === undefined) return [];
    const axis = found.axes[0]!;
    const points = axis.values.flatMap((at, k) => {
      const value = found.values[k];
      if (value == null) return [];
      const startMs = axis.unit === 'ms' && typeof at === 'number' ? at : null;
      return [{ startMs, value, low: found.low?.[k] ?? null, high: found.high?.[k] ?? null }];
    });
    return points.length === 0 ? [] : [{ label, points }];
  });
}

/** What the floors that are drawn are made of, as their scores say: one sentence each. */
export function floorRemarks(scores: readonly Score[]): string[] {
  return FLOORS.flatMap(({ name, label }) => {
    const score = findScore(scores, name);
    return score?.value == null || score.note === undefined ? [] : [`${titled(label)}: ${score.note}.`];
  });
}

const titled = (label: string): string => `${label[0]!.toUpperCase()}${label.slice(1)}`;

/** Why a floor is not drawn, in words: one sentence each. Runs scored before there were floors have no such score. */
export function absentFloors(scores: readonly Score[]): string[] {
  return FLOORS.flatMap(({ name, label }) => {
    const score = findScore(scores, name);
    if (score === undefined || score.value !== null) return [];
    const words = score.reason === undefined ? REASONS.undefined.words : REASONS[score.reason].words;
    const note = score.note === undefined ? '' : ` (${score.note})`;
    return [`${titled(label)}: ${words}${note}.`];
  });
}
