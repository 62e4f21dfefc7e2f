import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { EXIT_CODES } from './exit-codes.js';
import { CorescoreError } from './problem.js';

/**
 * The one form of a log line: a JSON object a line with `time` (ISO 8601, UTC), `level`, `service`, `msg`, and whatever
 * else belongs to it. API and worker write it through pino; what others print (Postgres, Node itself) is put into it by
 * whoever keeps the file.
 */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogRecord {
  time: string;
  level: LogLevel;
  service: string;
  msg: string;
  [more: string]: unknown;
}

/** Standard error, written at once: what is said last before a process ends is not lost. Its errors end nobody. */
function standardError(): DestinationStream {
  const stream = destination({ dest: 2, sync: true });
  // A file on a full disk, a terminal that was closed.
  stream.on('error', () => undefined);
  return stream;
}

/** The log of a service in this form, on standard error or where `to` says. */
export const openLog = (service: string, level: LogLevel = 'info', to: DestinationStream = standardError()): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    to,
  );

/** Tells of an error in the background: an expected one in its words and its cause's, a bug with its stack. */
export function logError(log: Logger, error: Error): void {
  const { cause } = error;
  if (!(error instanceof CorescoreError)) log.error({ err: error }, error.message);
  else log.warn(cause instanceof Error ? { because: cause.message } : {}, error.message);
}

/** Says why a service ends: an expected error in its words, with what to do, a bug with its stack. */
export function logEnd(log: Logger, error: unknown): void {
  if (error instanceof CorescoreError)
    log.fatal({ code: error.code }, [error.message, error.remedy].filter(Boolean).join(' '));
  else log.fatal({ err: error }, error instanceof Error ? error.message : String(error));
}

/** The exit code of a service that ends by an error. */
export const endCode = (error: unknown): number =>
  (error instanceof CorescoreError && error.code === 'configuration'
    ? EXIT_CODES.configuration
    : EXIT_CODES.serviceFailed
  ).code;

/** Severities in the lines of Postgres. An error of a statement is told to who sent it: here it is a warning. */
const POSTGRES: Record<string, LogLevel> = {
  DEBUG: 'debug',
  LOG: 'info',
  INFO: 'info',
  NOTICE: 'info',
  WARNING: 'warn',
  ERROR: 'warn',
  FATAL: 'error',
  PANIC: 'fatal',
};
const POSTGRES_LINE = /^(DEBUG|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC)\d?: {1,2}(.*)$/s;

/**
 * A line that a service printed, as a record: what is one already is taken over, anything else becomes its message.
 * @param level of a line that does not tell
 */
export function toRecord(service: string, line: string, time: string, level: LogLevel = 'info'): LogRecord {
  const found = line.startsWith('{') ? parsed(line) : null;
  if (found !== null) return { ...found, service };
  const postgres = POSTGRES_LINE.exec(line);
  if (postgres !== null) return { time, level: POSTGRES[postgres[1]!]!, service, msg: postgres[2]! };
  return { time, level, service, msg: line };
}

function parsed(line: string): LogRecord | null {
  try {
    const value = JSON.parse(line) as Partial<LogRecord> | null;
    const isRecord =
      typeof value?.time === 'string' &&
      typeof value.msg === 'string' &&
      LOG_LEVELS.some((level) => level === value.level);
    return isRecord ? (value as LogRecord) : null;
  } catch {
    return null;
  }
}

/** The words of a printed line without its form, for a person: the end of a log in an error message. */
export function wordsOf(line: string): string {
  const record = line.startsWith('{') ? parsed(line) : null;
  if (record === null) return line;
  const { stack } = (record['err'] ?? {}) as { stack?: unknown };
  return typeof stack === 'string' ? `${record.msg}\n${stack}` : record.msg;
}
