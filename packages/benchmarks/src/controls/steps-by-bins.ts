import { metricsOf } from '@corescore/contracts';
import { predictSteps, stepPlan } from '../kinds/predictivity/over-steps.js';
import { stepScores } from '../kinds/predictivity/step-scores.js';
import { absentScore } from '../kinds/predictivity/window-score.js';
import type { Control } from './control.js';

const NAME = 'steps-by-bins';

/**
 * Each of the subject's own steps against each time bin of the recordings (METRICS 5): the matrix, what the best step of a
 * bin scores whatever the clock says, and late IT beyond the first step.
 */
export const stepsByBins: Control = {
  name: NAME,
  async compute({ benchmark, subject, pool, announce }) {
    if (!subject.temporal) {
      const scores = metricsOf(NAME).map((metric) => absentScore(benchmark, metric, 'all', 'not_temporal'));
      return { scores, series: [], notes: [], maxGap: null };
    }
    const plan = stepPlan(benchmark, subject);
    const seen = await predictSteps(benchmark, subject.path, plan, pool, announce(plan.tasks));
    return { ...stepScores(benchmark, seen), notes: [], maxGap: null };
  },
};
