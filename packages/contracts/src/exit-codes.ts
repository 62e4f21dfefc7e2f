import type { ProblemCode } from './problem.js';
import type { FailureKind, RunStatus } from './run.js';

/** The CLI's exit codes, the one table. `docs/cli.md` is checked against it by a test. */
export const EXIT_CODES = {
  pass: { code: 0, meaning: 'pass: everything asked for was done' },
  gateFailed: { code: 1, meaning: 'gate failed: a regression' },
  inconclusive: { code: 2, meaning: 'inconclusive (only with the flag that asks for it)' },
  modelFailed: { code: 3, meaning: 'the model failed while it ran' },
  serviceFailed: { code: 4, meaning: 'the service failed' },
  timedOut: { code: 5, meaning: 'timed out waiting; the run goes on' },
  cancelled: { code: 6, meaning: 'the run was cancelled' },
  configuration: { code: 10, meaning: 'configuration or usage error' },
  modelContract: { code: 11, meaning: 'the model or its manifest breaks the contract' },
  authentication: { code: 12, meaning: 'authentication failed' },
  quota: { code: 13, meaning: 'a quota is used up' },
  network: { code: 20, meaning: 'the service cannot be reached' },
  server: { code: 21, meaning: 'the server answered with an error' },
  bug: { code: 70, meaning: 'a bug in corescore' },
} as const;
export type ExitName = keyof typeof EXIT_CODES;

/** How a finished run ends a command that waited for it. */
export function exitOfRun(status: RunStatus, kind?: FailureKind): ExitName {
  if (status === 'scored') return 'pass';
  if (status === 'cancelled') return 'cancelled';
  if (status === 'failed') return kind === 'infrastructure' || kind === undefined ? 'serviceFailed' : 'modelFailed';
  return 'timedOut';
}

const CONFIGURATION: readonly ProblemCode[] = [
  'unknown_benchmark',
  'unknown_model',
  'invalid_request',
  'idempotency_conflict',
  'configuration',
  'not_found',
  'state_conflict',
  'unknown_image_set',
  'generator_option',
  'source_mismatch',
];
const AUTHENTICATION: readonly ProblemCode[] = ['token_missing', 'token_invalid', 'scope_missing', 'owner_reserved'];

/** How a refused request ends a command. */
export function exitOfProblem(code: string, status: number): ExitName {
  if ((AUTHENTICATION as readonly string[]).includes(code)) return 'authentication';
  if ((CONFIGURATION as readonly string[]).includes(code)) return 'configuration';
  if (status >= 500) return 'server';
  if (status === 429) return 'quota';
  return 'modelContract';
}
