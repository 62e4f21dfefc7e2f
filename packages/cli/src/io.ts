/**
 * What a command may touch of the process. Human text goes to standard error, machine output (`--format json` or
 * `csv`, a new token) to standard output, so that a pipe gets nothing but data.
 */
export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Standard error is a terminal: bars and live lines are drawn in place. */
  isTerminal: boolean;
  /** Width of the terminal, characters. */
  columns: number;
  color: boolean;
  env: Record<string, string | undefined>;
  cwd: string;
  now(): Date;
}

export function systemIo(): Io {
  const { stderr, stdout, env } = process;
  const isTerminal = stderr.isTTY === true;
  // A terminal that was closed, a pipe that nobody reads, a file on a full disk: human text may be lost, work may not.
  stderr.on('error', () => undefined);
  return {
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    isTerminal,
    columns: stderr.columns ?? 100,
    // https://no-color.org
    color: isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    env,
    cwd: process.cwd(),
    now: () => new Date(),
  };
}

/** ANSI styles, or the plain text where colour is off. */
export function styles(io: { color: boolean }) {
  const style = (open: number, close: number) => (text: string) =>
    io.color ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { bold: style(1, 22), dim: style(2, 22), red: style(31, 39), green: style(32, 39), cyan: style(36, 39) };
}
