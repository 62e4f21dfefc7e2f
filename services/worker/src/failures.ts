import { CorescoreError, type FailureKind, type RunFailure } from '@corescore/contracts';
import { ModelFailure } from '@corescore/runtime';

/** Codes that blame the submission even when nothing of the model ran. */
const OURS = new Set(['infrastructure', 'internal', 'configuration', 'unavailable']);

/** What the submitter is told. An error that is not operational is ours and leaks no text. */
export function toFailure(error: unknown): RunFailure {
  if (error instanceof CorescoreError) {
    const kind: FailureKind =
      error instanceof ModelFailure ? error.kind : OURS.has(error.code) ? 'infrastructure' : 'contract_violation';
    const failure: RunFailure = { kind, code: error.code, detail: error.message };
    if (error.field !== undefined) failure.field = error.field;
    if (error.remedy !== undefined) failure.remedy = error.remedy;
    return failure;
  }
  return {
    kind: 'infrastructure',
    code: 'internal',
    detail: 'The worker failed; this is not the model’s fault.',
    remedy: 'The run is retried up to three times; if it still fails, ask the operator to read the worker’s log.',
  };
}
