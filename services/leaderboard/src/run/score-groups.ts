import { METRICS, type Score, SUBSETS } from '@corescore/contracts';

export interface ScoreGroup {
  metric: string;
  label: string;
  help: string | null;
  scores: Score[];
}

const known = (metric: string): metric is keyof typeof METRICS => metric in METRICS;

/** Scores by metric, in the order of the contracts, then what the page does not know; subsets in their usual order. */
export function groupScores(scores: readonly Score[]): ScoreGroup[] {
  const metrics = [...new Set([...Object.keys(METRICS), ...scores.map((s) => s.metric)])];
  return metrics.flatMap((metric) => {
    const own = scores
      .filter((s) => s.metric === metric)
      .sort((a, b) => SUBSETS.indexOf(a.subset) - SUBSETS.indexOf(b.subset));
    if (own.length === 0) return [];
    return [
      {
        metric,
        label: known(metric) ? METRICS[metric].label : metric,
        help: known(metric) ? METRICS[metric].help : null,
        scores: own,
      },
    ];
  });
}
