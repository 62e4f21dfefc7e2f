import { CorescoreError, type ErrorContext, type FailureKind, type ProblemCode } from '@corescore/contracts';

/**
 * Why an extraction ended without activations. `kind` decides what happens next: `infrastructure` is ours and may be
 * retried, every other kind is a statement about the model.
 */
export class ModelFailure extends CorescoreError {
  constructor(
    readonly kind: FailureKind,
    code: ProblemCode,
    detail: string,
    context: ErrorContext = {},
  ) {
    super(code, detail, context);
  }
}

/** Kind of each code that a model's own process may report; a code that is not here is not believed. */
const KIND_OF_CODE: Partial<Record<ProblemCode, FailureKind>> = {
  model_load_failed: 'model_error',
  model_run_failed: 'model_error',
  model_crashed: 'model_error',
  model_timeout: 'timeout',
  model_out_of_memory: 'out_of_memory',
  activations_not_finite: 'contract_violation',
  activations_shape_changed: 'contract_violation',
  activations_too_large: 'contract_violation',
  activations_constant: 'contract_violation',
  first_step_mismatch: 'contract_violation',
  probe_mismatch: 'contract_violation',
  array_shape: 'contract_violation',
  array_dtype: 'contract_violation',
  invalid_manifest: 'contract_violation',
  input_not_found: 'contract_violation',
  input_shape: 'contract_violation',
  input_values: 'contract_violation',
  output_not_found: 'contract_violation',
  not_onnx: 'contract_violation',
  not_tfjs: 'contract_violation',
  not_npy: 'contract_violation',
  not_npz: 'contract_violation',
  opset_not_supported: 'contract_violation',
  operator_not_supported: 'contract_violation',
  model_too_complex: 'contract_violation',
  path_refused: 'contract_violation',
  file_unexpected: 'contract_violation',
  file_empty: 'contract_violation',
  file_missing: 'contract_violation',
};

/** The kind a code stands for; undefined for a code that says nothing about a model. */
export function kindOfCode(code: string): FailureKind | undefined {
  return KIND_OF_CODE[code as ProblemCode];
}

/** An error of the model or its manifest, with the kind that belongs to its code. */
export function modelFailure(code: ProblemCode, detail: string, context: ErrorContext = {}): ModelFailure {
  return new ModelFailure(kindOfCode(code) ?? 'model_error', code, detail, context);
}

/** An allocation that failed, in the words of whoever asked for it. */
export function outOfMemory(text: string, cause?: unknown): ModelFailure {
  return modelFailure('model_out_of_memory', `The model asked for more memory than it may have: ${text}`, {
    remedy: MEMORY_REMEDY,
    cause,
  });
}

export const MEMORY_REMEDY =
  'Use a smaller model or record fewer features, or let the operator raise CORESCORE_MODEL_MEMORY_BYTES.';

/** A failure of the host: disk, processes, files of our own. Never blames the model. */
export function infrastructureFailure(detail: string, cause?: unknown): ModelFailure {
  return new ModelFailure('infrastructure', 'infrastructure', detail, {
    remedy: 'Nothing is wrong with the model; the run can be retried.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Lifts an error of a file reader or of a session to a ModelFailure; what is no operational error becomes ours. */
export function asModelFailure(error: unknown, doing: string): ModelFailure {
  if (error instanceof ModelFailure) return error;
  if (error instanceof CorescoreError) {
    const kind = kindOfCode(error.code);
    if (kind !== undefined) {
      const { field, remedy } = error;
      return new ModelFailure(kind, error.code, error.message, {
        cause: error,
        ...(field === undefined ? {} : { field }),
        ...(remedy === undefined ? {} : { remedy }),
      });
    }
  }
  const text = error instanceof Error ? error.message : String(error);
  return infrastructureFailure(`${doing}: ${text}`, error);
}
