import { CorescoreError, type ErrorContext, type ProblemCode } from '@corescore/contracts';

/** An error class does not survive the way between processes: what is ours travels as data. */
export type ThreadResult<T> =
  | { ok: true; value: T }
  | { ok: false; code: ProblemCode; detail: string; context: ErrorContext };

export async function guarded<T>(work: () => Promise<T> | T): Promise<ThreadResult<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof CorescoreError)) throw error;
    const context: ErrorContext = {};
    if (error.field !== undefined) context.field = error.field;
    if (error.remedy !== undefined) context.remedy = error.remedy;
    return { ok: false, code: error.code, detail: error.message, context };
  }
}
