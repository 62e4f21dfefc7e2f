import { CorescoreError, type ProblemCode } from '@corescore/contracts';
import { type Inspected, type InspectTask, inspect } from './inspect.js';

/** An error class does not survive the way between threads: what is ours travels as data. */
export type ThreadAnswer =
  | { ok: true; value: Inspected }
  | { ok: false; code: ProblemCode; detail: string; context: { field?: string; remedy?: string } };

export default async function answer(task: InspectTask): Promise<ThreadAnswer> {
  try {
    return { ok: true, value: await inspect(task) };
  } catch (error) {
    if (!(error instanceof CorescoreError)) throw error;
    const { code, message, field, remedy } = error;
    const context = { ...(field === undefined ? {} : { field }), ...(remedy === undefined ? {} : { remedy }) };
    return { ok: false, code, detail: message, context };
  }
}
