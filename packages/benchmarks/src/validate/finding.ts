import type { CorescoreError, ProblemCode, Warning, WarningCode } from '@corescore/contracts';

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

export const warningOf = (warning: Warning): Finding => ({ severity: 'warning', ...warning });

export function findingOf({ code, message, field, remedy }: CorescoreError): Finding {
  return {
    severity: 'error',
    code,
    message,
    ...(field === undefined ? {} : { field }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}
