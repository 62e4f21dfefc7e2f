import type { AbsenceReason, FailureKind, RunFailure, RunStatus, Score, Subset } from '@corescore/contracts';
import { formatInterval, formatQuantity } from './numbers.js';

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
