import { delay, partialSpearman, spearman } from '@corescore/metrics';

/** Solution times of a subject beside what they are held against; all arrays over the same images. */
export interface OstSample {
  /** NaN: never solved. */
  ostMs: Float64Array;
  targetMs: Float64Array;
  thresholds: Float64Array;
  difficulty: Float64Array;
  labels: Int32Array;
  isChallenge: Uint8Array;
}

export const OST_STATISTICS = [
  'ost_rho_partial',
  'ost_rho',
  'ost_rho_partial_object',
  'ost_delay_mean',
  'ost_delay_median',
] as const;
export type OstStatistic = (typeof OST_STATISTICS)[number];

const pick = <T extends Float64Array | Int32Array | Uint8Array>(values: T, rows: Int32Array): T => {
  const out = new (values.constructor as new (n: number) => T)(rows.length);
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i]];
  return out;
};

function resample(sample: OstSample, rows: Int32Array): OstSample {
  return {
    ostMs: pick(sample.ostMs, rows),
    targetMs: pick(sample.targetMs, rows),
    thresholds: pick(sample.thresholds, rows),
    difficulty: pick(sample.difficulty, rows),
    labels: pick(sample.labels, rows),
    isChallenge: pick(sample.isChallenge, rows),
  };
}

/** The images with a solution time: the others have no rank. */
function solvedOnly(sample: OstSample): OstSample {
  const rows = Int32Array.from(sample.ostMs.keys()).filter((i) => !Number.isNaN(sample.ostMs[i]));
  return resample(sample, rows);
}

/** One statistic of METRICS 4 over `rows` (all images by default); null where it is undefined. */
export function ostStatistic(statistic: OstStatistic, sample: OstSample, rows?: Int32Array): number | null {
  const { ostMs, targetMs, thresholds, difficulty, labels, isChallenge } = solvedOnly(
    rows === undefined ? sample : resample(sample, rows),
  );
  switch (statistic) {
    case 'ost_rho':
      return spearman(ostMs, targetMs);
    case 'ost_rho_partial':
      return partialSpearman(ostMs, targetMs, [thresholds, difficulty]);
    case 'ost_rho_partial_object':
      return partialSpearman(ostMs, targetMs, [thresholds, difficulty], labels);
    case 'ost_delay_mean':
      return delay(ostMs, isChallenge).meanMs;
    case 'ost_delay_median':
      return delay(ostMs, isChallenge).medianMs;
  }
}
