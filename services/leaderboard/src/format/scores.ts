import type {
  AbsenceReason,
  FailureKind,
  LeaderboardRow,
  RunFailure,
  RunStatus,
  Score,
  Subset,
} from '@corescore/contracts';
import { formatCount, formatInterval, formatNumber, formatQuantity } from './numbers.js';

export const findScore = (
  scores: readonly Score[],
  metric: string,
  subset: Subset = 'all',
  region = 'IT',
): Score | undefined => scores.find((s) => s.metric === metric && s.subset === subset && s.region === region);

/** Why a score is absent: a few words for a cell, a sentence for the legend. */
export const REASONS: Record<AbsenceReason, { words: string; sentence: string }> = {
  not_temporal: {
    words: 'not temporal',
    sentence: 'The model’s activations do not change over time, so there is no time at which an image is solved.',
  },
  never_solved: { words: 'never solved', sentence: 'No image reaches its threshold in any time bin.' },
  undefined: {
    words: 'undefined',
    sentence:
      'The statistic does not exist for these values, for instance a correlation of something that never varies.',
  },
  no_ceiling: { words: 'no ceiling', sentence: 'The target has no ceiling to divide by.' },
  no_readout: { words: 'no readout', sentence: 'The model has no readout layer.' },
  not_run: { words: 'not run', sentence: 'This was not computed.' },
  failed: { words: 'failed', sentence: 'The run failed before this was computed.' },
  withheld: { words: 'withheld', sentence: 'The score was taken back; the run’s notes say why.' },
};

/** An absent score is said in words, never as 0 or an empty cell. */
export function reasonWords(score: Score | undefined): string {
  if (score === undefined) return REASONS.not_run.words;
  return score.reason === undefined ? REASONS.undefined.words : REASONS[score.reason].words;
}

export const hasInterval = (score: Score): score is Score & { low: number; high: number } =>
  score.low !== undefined && score.high !== undefined;

/** `0.060 (−0.03 to 0.15)`, or the reason in words. */
export function scoreText(score: Score | undefined): string {
  if (score === undefined || score.value === null) return reasonWords(score);
  const value = formatQuantity(score.value, score.unit);
  return hasInterval(score) ? `${value} (${formatInterval(score.low, score.high, score.unit)})` : value;
}

/**
 * How a score stands to its ceiling, by one rule: explained variance over the reliable variance. Of an r that is r² / ceiling,
 * so that r itself can be √ceiling at most; an R² is divided as it is.
 */
export function ceilingText({ unit, ceiled, ceiling }: Score): string | undefined {
  if (ceiling === undefined) return undefined;
  const share =
    ceiled === undefined ? '' : `ceiled, ${unit === 'r' ? 'r²' : 'R²'} / ceiling: ${formatNumber(ceiled, 'r')}; `;
  const most =
    unit === 'r' && ceiling >= 0 ? `, so that r is at most √ceiling = ${formatNumber(Math.sqrt(ceiling), 'r')}` : '';
  return `${share}ceiling ${formatNumber(ceiling, 'r')}${most}`;
}

/** "over 492 solved images" below a rank correlation or delay of solution times: images without one have no part in it. */
export const solvedText = ({ metric, n, nTotal }: Score): string | null =>
  /^ost_(rho|delay)/.test(metric) && n < nTotal ? `over ${formatCount(n)} solved images` : null;

/** "65.8 ms with never-solved at 250 ms": the bound that stands beside the mean delay; null where there is none to show. */
export function delayBoundText(scores: readonly Score[], endMs: number | null): string | null {
  const mean = findScore(scores, 'ost_delay_mean');
  const bound = findScore(scores, 'ost_delay_mean_bound');
  const isWhole = mean?.value != null && mean.n === mean.nTotal;
  if (bound?.value == null || isWhole) return null;
  const at = endMs === null ? 'at the end of the target’s time' : `at ${formatNumber(endMs, 'images')} ms`;
  return `${formatQuantity(bound.value, bound.unit)} with never-solved ${at}`;
}

/** What the null rows of a board get for a metric, in a sentence; null where none of them has it. */
export function nullRowsText(rows: readonly LeaderboardRow[], metric: string): string | null {
  const found = rows.flatMap((row) => {
    const score = row.role === 'null' && row.struckReason === null ? findScore(row.scores, metric) : undefined;
    return score?.value == null ? [] : [`${row.label.replace(/^Null: /, '')} ${scoreText(score)}`];
  });
  return found.length === 0 ? null : `Null rows of this board: ${found.join('; ')}`;
}

export const SUBSET_WORDS: Record<Subset, string> = { all: 'All', control: 'Control', challenge: 'Challenge' };

export const STATUS_WORDS: Record<RunStatus, string> = {
  queued: 'waiting in the queue',
  extracting: 'running the model',
  scoring: 'decoding and scoring',
  scored: 'scored',
  failed: 'failed',
  cancelled: 'cancelled',
};

const FAILURES: Record<FailureKind, { words: string; remedy: string }> = {
  model_error: {
    words: 'the model failed',
    remedy: 'Run the model on one image on your machine with the same input; correct it, then submit it again.',
  },
  contract_violation: {
    words: 'the model breaks its contract',
    remedy: 'Correct the manifest or the model so that they agree, then submit again.',
  },
  out_of_memory: {
    words: 'out of memory',
    remedy: 'Export with a dynamic batch size so that smaller batches can be tried, or record fewer outputs.',
  },
  timeout: {
    words: 'over the time limit',
    remedy: 'Make the model faster, or ask the operator to raise CORESCORE_MODEL_TIMEOUT_SECONDS.',
  },
  infrastructure: {
    words: 'the service failed, not the model',
    remedy: 'Retry the run; if it fails again, look at the log of the worker.',
  },
};

export const failureWords = (failure: RunFailure | null): string =>
  failure === null ? 'no reason given' : FAILURES[failure.kind].words;

/** What the reader can do: the remedy that came with the failure, else the general one of its kind. */
export const failureRemedy = (failure: RunFailure): string => failure.remedy ?? FAILURES[failure.kind].remedy;

/** Text alternative of the solution-time sparkline. Arguments: mean object solution times, ms. */
export function gapSentence(controlMs: number | null, challengeMs: number | null): string {
  const at = (ms: number) => `${Math.round(ms)} ms`;
  if (controlMs === null && challengeMs === null) return 'No image is solved';
  if (challengeMs === null) return `Challenge never solved, Control solved at ${at(controlMs!)}`;
  if (controlMs === null) return `Challenge solved at ${at(challengeMs)}, Control never solved`;
  return `Challenge solved at ${at(challengeMs)}, Control at ${at(controlMs)}, gap ${at(challengeMs - controlMs).replace('-', '−')}`;
}
