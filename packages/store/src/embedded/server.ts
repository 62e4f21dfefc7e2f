import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';
/** For a small host; durability stays as Postgres has it. */
const SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  max_connections: '50',
  shared_buffers: '128MB',
  // The log that is kept for recovery: a board needs little, and it counts on a small disk.
  min_wal_size: '32MB',
  max_wal_size: '256MB',
  log_min_messages: 'warning',
  // Whoever keeps the lines adds the time.
  log_line_prefix: '',
};
/** After a crash it reads its log first; a fast shutdown writes what is dirty. */
const READY_MS = 300_000;
const STOP_MS = 60_000;
const LOOK_EVERY_MS = 50;
const TAIL_LINES = 12;
/** Of the pid file, from 0. */
const STATUS_LINE = 7;

export interface Server {
  readonly pid: number;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  /** Its last lines. */
  tail(): string;
  /** Resolves once it accepts connections. @throws Error with the reason why it does not, and its last words */
  ready(): Promise<void>;
  /** Fast shutdown. */
  stop(): Promise<void>;
}

/**
 * Starts the server as a child of this process, in a session of its own, so that a terminal's Ctrl-C does not reach it.
 * As a child it is missed the moment it is gone, and its lines come through a pipe and not into a file without end.
 * @param prefix program and arguments that start it as the right user
 */
export function spawnServer(
  prefix: readonly string[],
  postgres: string,
  options: { dataFolder: string; port: number; onLine: (line: string) => void },
): Server {
  const { dataFolder, port, onLine } = options;
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const [program, ...args] = [...prefix, postgres, '-D', dataFolder, ...settings];
  const child = spawn(program!, args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > TAIL_LINES) lines.shift();
      onLine(line);
    });
  }
  let end: string | undefined;
  const ended = new Promise<string>((resolve) => {
    const finish = (how: string): void => {
      end ??= how;
      resolve(end);
    };
    child.once('error', (error) => finish(`cannot be started: ${error.message}`));
    // `exit` and not `close`: processes of a server that was killed hold the pipes for a while.
    child.once('exit', (code, signal) => {
      // Its last lines are still on their way.
      setImmediate(() => finish(signal === null ? `stopped with code ${code}` : `was ended by ${signal}`));
    });
  });

  return {
    pid: child.pid ?? -1,
    ended,
    tail: () => lines.join('\n'),

    async ready() {
      const deadline = performance.now() + READY_MS;
      while (!(await acceptsConnections(dataFolder, child.pid))) {
        if (end !== undefined) throw new Error(`Postgres ${end}. ${lastWords(lines)}`.trim());
        if (performance.now() > deadline) throw new Error(`Postgres does not get ready. ${lastWords(lines)}`.trim());
        await Promise.race([sleep(LOOK_EVERY_MS), ended]);
      }
    },

    async stop() {
      if (end !== undefined || child.pid === undefined) return;
      child.kill('SIGINT');
      const alarm = setTimeout(() => child.kill('SIGQUIT'), STOP_MS);
      await ended;
      clearTimeout(alarm);
    },
  };
}

/** What the server itself says in its pid file: it is asked without a connection that would be refused and logged. */
async function acceptsConnections(dataFolder: string, pid: number | undefined): Promise<boolean> {
  const lines = (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return Number(lines[0]) === pid && lines[STATUS_LINE]?.trim() === 'ready';
}

/** Why it ended: the first line that says that it must, with the one before it; how it goes down follows at length. */
function lastWords(lines: readonly string[]): string {
  const reason = lines.findIndex((line) => /^(FATAL|PANIC):/.test(line));
  return (reason < 0 ? lines.slice(-3) : lines.slice(Math.max(0, reason - 1), reason + 2)).join(' ');
}
