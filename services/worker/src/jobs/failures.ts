import { CorescoreError, type FailureKind, type RunFailure } from '@corescore/contracts';
import { ModelFailure } from '@corescore/runtime';

/** Codes that say nothing about the submission. */
const OURS = new Set<string>(['infrastructure', 'internal', 'configuration', 'unavailable', 'stored_file_damaged']);

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
