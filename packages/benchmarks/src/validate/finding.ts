import type { CorescoreError, ProblemCode } from '@corescore/contracts';

/** One thing that is wrong with a submission, or looks wrong. */
export interface Finding {
  /** An error refuses or fails the model on a service; a warning does not. */
  severity: 'error' | 'warning';
  /** The code that a service would give, or what a warning is about. */
  code: ProblemCode | WarningCode;
  message: string;
  /** JSON pointer into the manifest, or the name of a file. */
  field?: string;
  remedy?: string;
}

/** `not_repeatable`: the same image gives other activations. `untrained`: the weights make no difference.
 * `early_clock`: the clock places a response before the image. */
export type WarningCode = 'not_repeatable' | 'untrained' | 'twin_not_run' | 'early_clock';

export function findingOf({ code, message, field, remedy }: CorescoreError): Finding {
  return {
    severity: 'error',
    code,
    message,
    ...(field === undefined ? {} : { field }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}
