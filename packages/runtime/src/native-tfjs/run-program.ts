import { spawn } from 'node:child_process';

export interface Ran {
  /** Exit code; null where the program could not be started, or was ended by a signal or by the clock. */
  code: number | null;
  stdout: string;
  /** Standard error, or why it could not be started. */
  stderr: string;
}

/** A compiler or npm on a slow disk or network. */
const PATIENCE_MS = 15 * 60_000;

/** Runs a program of the operator's, with the operator's environment. Never rejects. */
export function runProgram(file: string, args: readonly string[], { cwd }: { cwd?: string } = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    });
    // Not the option of `spawn`: its clock goes on, and holds this process, where the program cannot be started.
    const clock = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text;
    });
    const end = (ran: Ran): void => {
      clearTimeout(clock);
      resolve(ran);
    };
    child.once('error', (error) => end({ code: null, ...said, stderr: error.message }));
    child.once('close', (code) => end({ code, ...said }));
  });
}

/** The last lines a program said: where compilers and npm put what matters. */
export function lastWords({ stdout, stderr }: Ran, lines = 4): string {
  const text = stderr.trim() === '' ? stdout : stderr;
  return text.trim().split('\n').slice(-lines).join('\n');
}
