import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CorescoreError } from './problem.js';

/** Settings that hold a secret. Each may be in a file instead, named by the variable with `_FILE` behind it. */
export const SECRETS = ['DATABASE_URL', 'REDIS_URL', 'CORESCORE_TOKEN'] as const;

export const fileVariable = (name: string): string => `${name}_FILE`;

/**
 * A secret from its variable, or from the file that `<name>_FILE` names; undefined where neither is set. White space
 * around the text of a file is no part of the secret.
 * @throws CorescoreError `configuration` where both are set, or the file cannot be read or holds nothing
 */
export function readSecret(
  name: (typeof SECRETS)[number],
  env: Record<string, string | undefined>,
  cwd: string,
): string | undefined {
  const value = env[name] || undefined;
  const field = fileVariable(name);
  const file = env[field] || undefined;
  if (file === undefined) return value;
  const refused = (detail: string, remedy: string, cause?: unknown) =>
    new CorescoreError('configuration', detail, { field, remedy, cause });
  if (value !== undefined) {
    throw refused(`${name} and ${field} are both set.`, `Keep one of the two: unset ${name}, or ${field}.`);
  }
  const path = resolve(cwd, file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw refused(
      `${field} names ${path}, which cannot be read (${why}).`,
      'Name a file that exists and that the user of this process may read.',
      error,
    );
  }
  if (text !== '') return text;
  throw refused(`${field} names ${path}, which is empty.`, `Write the value of ${name} into it, and nothing else.`);
}
