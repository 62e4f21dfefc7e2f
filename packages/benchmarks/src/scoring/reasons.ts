import type { Score } from '@corescore/contracts';

/** Why a metric may be undefined, by the beginning of its key; the first that fits speaks. */
const WHY: readonly [beginning: string, why: string][] = [
  [
    'predictivity',
    'no neuroid has a correlation in every split: features or responses do not differ between its images',
  ],
  ['accuracy', 'nothing was decoded in a bin that the clock covers'],
  ['i1', 'no image has an i1 in a bin that the clock covers'],
  ['ost_concordance', 'there is no pair of images whose order could be compared'],
  ['ost_delay', 'Control or Challenge has no solved image'],
  ['ost_native_delay', 'Control or Challenge has no solved image'],
  ['ost_', 'too few images are solved, or their times, thresholds or difficulties are all the same'],
];

/**
 * No score is absent without a reason, and none says "undefined" alone: a value that is no number is none, and where the code
 * that made the score gave no words, those of its metric stand in.
 */
export function giveReason(score: Score): Score {
  const { value, reason, note, metric } = score;
  if (value !== null && Number.isFinite(value)) return score;
  const { low: _, high: __, ceiled: ___, error: ____, ...rest } = score;
  const why = WHY.find(([beginning]) => metric.startsWith(beginning))?.[1] ?? 'the computation gave no number';
  const isMute = reason === undefined || (reason === 'undefined' && note === undefined);
  return isMute ? { ...rest, value: null, reason: 'undefined', note: note ?? why } : { ...rest, value: null };
}
