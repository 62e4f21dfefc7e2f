import { NetworkError, RequestError } from '@corescore/client';
import {
  CorescoreError,
  EXIT_CODES,
  type ExitName,
  exitOfProblem,
  exitOfRun,
  FAILURE_KINDS,
  type FailureKind,
} from '@corescore/contracts';
import { CommanderError } from 'commander';
import { type Io, styles } from './io.js';

/** A command ends with this code; what had to be said has been said. */
export class Exit extends Error {
  constructor(readonly exit: ExitName) {
    super(exit);
  }
}

/** An operational error whose exit code is not that of its problem code (a child that keeps crashing, say). */
export class CommandFailure extends CorescoreError {
  constructor(
    readonly exit: ExitName,
    code: CorescoreError['code'],
    detail: string,
    context: { field?: string; remedy?: string; cause?: unknown } = {},
  ) {
    super(code, detail, context);
  }
}

/** How a command ends that threw, and the words for it. Anything that is not an expected error is a bug. */
export function exitOfError(error: unknown): ExitName {
  if (error instanceof Exit) return error.exit;
  // Commander has printed the usage error, or help or the version that were asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 'pass' : 'configuration';
  if (error instanceof NetworkError) return 'network';
  if (error instanceof RequestError) return exitOfRequest(error);
  if (error instanceof CommandFailure) return error.exit;
  const kind = failureKind(error);
  if (kind !== undefined) return exitOfRun('failed', kind);
  if (error instanceof CorescoreError) return exitOfProblem(error.code, error.status);
  if (isOfThePlace(error)) return 'configuration';
  return 'bug';
}

function exitOfRequest({ code, status }: RequestError): ExitName {
  // Not in our words: a proxy, or another service at this address. That says nothing about the model.
  if (code.startsWith('http_') && status < 500 && status !== 429) {
    return status === 401 || status === 403 ? 'authentication' : 'configuration';
  }
  return exitOfProblem(code, status);
}

/** What the file system says of a place that a user has named, and that cannot be read or written: no bug of ours. */
const OF_THE_PLACE: Record<string, string> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'it is mounted for reading only',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'a name is too long',
  ELOOP: 'its links lead in a circle',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
};

type PlaceError = Error & { code: string; path: string; syscall: string };

const isOfThePlace = (error: unknown): error is PlaceError =>
  error instanceof Error &&
  typeof (error as Partial<PlaceError>).path === 'string' &&
  ((error as Partial<PlaceError>).code ?? '') in OF_THE_PLACE;

/** The kind of a failure while a model ran here (the runtime's `ModelFailure`, known by its shape: it is loaded late). */
function failureKind(error: unknown): FailureKind | undefined {
  if (!(error instanceof CorescoreError) || !('kind' in error)) return undefined;
  return FAILURE_KINDS.find((kind) => kind === error.kind);
}

/** Help or the version, which were asked for. */
export const isHelp = (error: unknown): boolean => error instanceof CommanderError && error.exitCode === 0;

/** An error as the document of `--format json`: code, detail, field, remedy and the exit code. */
export function errorJson(error: unknown): object {
  const exit = exitOfError(error);
  const { code: exitCode, meaning } = EXIT_CODES[exit];
  const of = (code: string, detail: string, field?: string, remedy?: string) => ({
    error: {
      code,
      detail,
      ...(field === undefined ? {} : { field }),
      ...(remedy === undefined ? {} : { remedy }),
      exitCode,
    },
  });
  if (error instanceof RequestError || error instanceof CorescoreError) {
    return of(error.code, error.message, error.field, error.remedy);
  }
  if (error instanceof NetworkError) return of('network', error.message);
  if (error instanceof CommanderError) return of('configuration', error.message.replace(/^error: /, ''));
  if (error instanceof Exit) return of(exit, meaning);
  return of('internal', error instanceof Error ? error.message : String(error));
}

/** Message, field and remedy, a line each; a bug shows its stack. Nothing for what has been said already. */
export function describeError(error: unknown, io: { color: boolean }): string {
  const { bold, dim, red } = styles(io);
  if (error instanceof Exit || error instanceof CommanderError) return '';
  if (error instanceof NetworkError) {
    return lines(`${red(bold('error:'))} ${error.message}`, [
      ['what to do', 'Is the service running (`corescore serve`)? Check --url and CORESCORE_URL.'],
    ]);
  }
  if (error instanceof RequestError || error instanceof CorescoreError) {
    return lines(`${red(bold('error:'))} ${error.message}`, [
      ['code', error.code],
      ['field', error.field],
      ['what to do', error.remedy],
    ]);
  }
  if (isOfThePlace(error)) {
    return lines(
      `${red(bold('error:'))} ${error.path}: ${OF_THE_PLACE[error.code]} (${error.syscall}, ${error.code}).`,
      [
        ['code', 'configuration'],
        [
          'what to do',
          'Name a place that this user may use: --home or CORESCORE_HOME for the data, or the file’s option.',
        ],
      ],
    );
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${red(bold('This is a bug in corescore.'))} Please report it with the lines below.\n${dim(stack)}\n`;
}

function lines(first: string, rest: [label: string, text: string | undefined][]): string {
  const body = rest.filter(([, text]) => text !== undefined).map(([label, text]) => `  ${label}: ${text}\n`);
  return `${first}\n${body.join('')}`;
}

/** Prints what there is to say about an error; returns the process exit code. */
export function report(error: unknown, io: Io): number {
  io.stderr(describeError(error, io));
  return EXIT_CODES[exitOfError(error)].code;
}
