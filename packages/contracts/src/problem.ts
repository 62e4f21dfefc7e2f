import Type, { type Static } from 'typebox';

/**
 * Every error that can reach a user, once: its HTTP status and its title.
 * A code is stable; the detail, the field and the remedy are written where the error is raised.
 */
export const PROBLEMS = {
  // input
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_manifest: { status: 422, title: 'The manifest is not valid' },
  manifest_not_json: { status: 400, title: 'The manifest is not JSON' },
  manifest_missing: { status: 400, title: 'The first part must be the manifest' },
  invalid_architecture: { status: 422, title: 'The architecture is not valid' },
  kind_not_supported: { status: 422, title: 'This kind of submission is not supported' },
  clock_missing: { status: 422, title: 'A recurrent model needs a clock' },
  output_not_found: { status: 422, title: 'The model has no such output' },
  input_not_found: { status: 422, title: 'The model has no such input' },
  input_shape: { status: 422, title: 'The input cannot take the images' },
  input_values: { status: 422, title: 'Preprocessing leaves nothing of the images' },
  not_onnx: { status: 422, title: 'Not an ONNX file' },
  not_tfjs: { status: 422, title: 'Not a TensorFlow.js model' },
  opset_not_supported: { status: 422, title: 'The operator set is not supported' },
  operator_not_supported: { status: 422, title: 'The model uses what the engine does not have' },
  model_too_complex: { status: 422, title: 'The model is over a limit of its structure' },
  path_refused: { status: 422, title: 'A path leaves the upload' },
  not_npz: { status: 422, title: 'Not an archive of NumPy arrays' },
  not_npy: { status: 422, title: 'Not a NumPy array file' },
  file_missing: { status: 422, title: 'A file named by the manifest is missing' },
  file_unexpected: { status: 422, title: 'A file that the manifest does not name' },
  file_empty: { status: 422, title: 'The file is empty' },
  upload_too_large: { status: 413, title: 'The upload is over the size limit' },
  upload_incomplete: { status: 400, title: 'The upload was cut off' },
  upload_conflict: { status: 409, title: 'The upload goes on at another byte' },
  upload_protocol: { status: 412, title: 'Not the version of tus that is spoken here' },
  array_shape: { status: 422, title: 'The array does not fit the stimulus set' },
  array_dtype: { status: 422, title: 'The array has a type that is not accepted' },
  array_not_finite: { status: 422, title: 'The array holds NaN or infinity' },
  stimulus_unknown: { status: 422, title: 'A stimulus id is not in the stimulus set' },
  stimulus_missing: { status: 422, title: 'A stimulus of the set is missing' },
  stimulus_repeated: { status: 422, title: 'A stimulus id occurs twice' },
  stimulus_set_mismatch: { status: 422, title: 'The activations are for another stimulus set' },
  file_format: { status: 422, title: 'The file cannot be read' },
  // generated images
  unknown_image_set: { status: 404, title: 'No such generated image set' },
  generator_option: { status: 422, title: 'The image generator cannot take this value' },
  source_mismatch: { status: 422, title: 'A source of the generated images is not the pinned one' },
  // access
  token_missing: { status: 401, title: 'A token is needed' },
  token_invalid: { status: 401, title: 'The token is not known' },
  token_expired: { status: 401, title: 'The token has expired' },
  scope_missing: { status: 403, title: 'The token does not allow this' },
  owner_reserved: { status: 403, title: 'This owner name is reserved' },
  // state
  not_found: { status: 404, title: 'Not found' },
  unknown_benchmark: { status: 404, title: 'No such benchmark' },
  unknown_model: { status: 404, title: 'No such model version' },
  idempotency_conflict: { status: 409, title: 'The same key was used with another body' },
  state_conflict: { status: 409, title: 'The run is not in a state that allows this' },
  last_admin_token: { status: 409, title: 'The last administrator would be gone' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  // limits
  rate_limited: { status: 429, title: 'Too many requests' },
  token_guesses: { status: 429, title: 'Too many wrong tokens' },
  too_many_streams: { status: 429, title: 'Too many event streams are open' },
  too_many_uploads: { status: 429, title: 'Too many resumable uploads are open' },
  inspection_limit: { status: 422, title: 'Looking at the files takes too long' },
  // the model, while it runs
  model_load_failed: { status: 422, title: 'The model does not load' },
  model_crashed: { status: 422, title: 'The model process crashed' },
  model_timeout: { status: 422, title: 'The model ran over its time limit' },
  model_out_of_memory: { status: 422, title: 'The model ran over its memory limit' },
  model_run_failed: { status: 422, title: 'The model failed while it ran' },
  activations_not_finite: { status: 422, title: 'The activations hold NaN or infinity' },
  activations_shape_changed: { status: 422, title: 'An output changed its shape between batches' },
  activations_constant: { status: 422, title: 'The activations do not depend on the image' },
  activations_too_large: { status: 422, title: 'The activations are over the size limit' },
  probe_mismatch: { status: 422, title: 'The activations are not those of the probe' },
  first_step_mismatch: { status: 422, title: 'The clock does not fit the activations' },
  checkpoint_refused: { status: 409, title: 'The checkpoint is not of this training' },
  training_diverged: { status: 422, title: 'The training does not converge' },
  metric_undefined: { status: 422, title: 'The metric is not defined for this input' },
  // us
  configuration: { status: 500, title: 'The service is not configured' },
  unavailable: { status: 503, title: 'The service is not ready' },
  stored_file_damaged: { status: 500, title: 'A stored file is gone or damaged' },
  disk_full: { status: 507, title: 'The disk of the service is full' },
  infrastructure: { status: 500, title: 'The service failed' },
  internal: { status: 500, title: 'The service failed' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** RFC 9457 problem details with a stable `code`, the field and the remedy. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    field: Type.Optional(Type.String({ description: 'JSON pointer or file part the error is about' })),
    remedy: Type.Optional(Type.String({ description: 'what to do about it' })),
    runId: Type.Optional(Type.String()),
  },
  { $id: 'Problem' },
);
export type Problem = Static<typeof Problem>;

export interface ErrorContext {
  /** JSON pointer into the manifest or body, or the name of a file part. */
  field?: string;
  remedy?: string;
  /** When trying again may help: becomes the header Retry-After. */
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** An operational error: expected, stable code, text safe to show. Anything else that is thrown is a bug. */
export class CorescoreError extends Error {
  override readonly name = 'CorescoreError';
  readonly field?: string;
  readonly remedy?: string;
  readonly retryAfterSeconds?: number;
  constructor(
    readonly code: ProblemCode,
    detail: string,
    context: ErrorContext = {},
  ) {
    super(detail, context.cause === undefined ? undefined : { cause: context.cause });
    if (context.field !== undefined) this.field = context.field;
    if (context.remedy !== undefined) this.remedy = context.remedy;
    if (context.retryAfterSeconds !== undefined) this.retryAfterSeconds = context.retryAfterSeconds;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  toProblem(): Problem {
    return {
      type: `urn:corescore:problem:${this.code}`,
      title: PROBLEMS[this.code].title,
      status: this.status,
      detail: clipped(this.message),
      code: this.code,
      ...(this.field === undefined ? {} : { field: clipped(this.field) }),
      ...(this.remedy === undefined ? {} : { remedy: clipped(this.remedy) }),
    };
  }
}

/** Longer than anything that is said here of itself; what is quoted may be a megabyte. */
const LONGEST = 2000;

function clipped(text: string): string {
  if (text.length <= LONGEST) return text;
  // Not between the halves of a character.
  return `${text.slice(0, LONGEST - 3).replace(/[\ud800-\udbff]$/, '')}...`;
}
