import type { Subset } from '@corescore/contracts';

/** A column of numbers on the board. `id` stands in the address. */
export interface ScoreColumn {
  id: string;
  metric: string;
  subset: Subset;
  label: string;
  /** Second line of the header: unit or direction. */
  hint: string;
}

export const SCORE_COLUMNS: readonly ScoreColumn[] = [
  {
    id: 'ost_rho_partial',
    metric: 'ost_rho_partial',
    subset: 'all',
    label: 'OST ρ, partial',
    hint: 'given θ, difficulty',
  },
  { id: 'ost_rho', metric: 'ost_rho', subset: 'all', label: 'OST ρ, raw', hint: 'with the target' },
  { id: 'delay', metric: 'ost_delay_mean', subset: 'all', label: 'Delay', hint: 'ms' },
  { id: 'accuracy_control', metric: 'accuracy', subset: 'control', label: 'Control', hint: 'accuracy, %' },
  { id: 'accuracy_challenge', metric: 'accuracy', subset: 'challenge', label: 'Challenge', hint: 'accuracy, %' },
  { id: 'solved', metric: 'ost_solved', subset: 'all', label: 'Solved', hint: 'images' },
];

/** The column that a benchmark sorts by; the first one where it sorts by something the board does not show. */
export const columnOfMetric = (metric: string): ScoreColumn =>
  SCORE_COLUMNS.find((c) => c.metric === metric) ?? SCORE_COLUMNS[0]!;
