import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunView } from '@corescore/contracts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const bin = join(root, 'packages/cli/bin/corescore.js');

export interface Served {
  url: string;
  token: string;
  home: string;
  process: ChildProcess;
  output(): string;
  /** As Ctrl-C does; resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The environment without settings of the shell that runs the tests. */
export function cleanEnv(extra: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !name.startsWith('CORESCORE_') && name !== 'DATABASE_URL' && name !== 'REDIS_URL' && !name.startsWith('VITEST'),
  );
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...extra };
}

/** Several test files ask one service, with one token, many times a second. */
const MANY_REQUESTS = { CORESCORE_POINTS_PER_MINUTE: '1000000' };

export const newHome = (): string => mkdtempSync(join(tmpdir(), 'corescore-e2e-'));
export const removeHome = (home: string): void => rmSync(home, { recursive: true, force: true });

/**
 * Starts `corescore serve` as a user does and waits until it is ready.
 * @param options.npm by `npm start`, whose process is the one that is known then
 */
export async function startServe(options: {
  home: string;
  args?: string[];
  env?: Record<string, string>;
  npm?: boolean;
}): Promise<Served> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const [program, first] = options.npm ? ['npm', ['start', '--']] : [process.execPath, [bin, 'serve']];
  const args = [...first, '--port', String(port), '--home', options.home, ...(options.args ?? [])];
  const env = cleanEnv({ ...MANY_REQUESTS, ...options.env });
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`${url}/readyz`).then(
      (r) => r.ok,
      () => false,
    );
    if (ready) break;
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}:\n${text}`);
    if (tries > 3000) {
      child.kill('SIGKILL');
      throw new Error(`serve was not ready within five minutes:\n${text}`);
    }
    await sleep(100);
  }
  return {
    url,
    token: readFileSync(join(options.home, 'token'), 'utf8').trim(),
    home: options.home,
    process: child,
    output: () => text,
    stop: async (signal = 'SIGINT') => {
      if (child.exitCode === null) child.kill(signal);
      return exited;
    },
  };
}

/** GET or POST JSON with the local token; throws on an error status with the body in the message. */
export async function call<T>(
  served: { url: string; token: string },
  path: string,
  init: RequestInit = {},
): Promise<T> {
  const response = await fetch(`${served.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${served.token}`, ...(init.headers ?? {}) },
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${body}`);
  return JSON.parse(body) as T;
}

export async function until<T>(
  what: string,
  seconds: number,
  probe: () => Promise<T | null | undefined | false>,
): Promise<T> {
  for (let k = 0; k < seconds * 4; k++) {
    const value = await probe();
    if (value) return value;
    await sleep(250);
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

/** A run once it has ended, however. */
export const endOf = (served: { url: string; token: string }, runId: string, seconds: number): Promise<RunView> =>
  until('an end', seconds, async () => {
    const run = await call<RunView>(served, `/v1/runs/${runId}`);
    return run.endedAt !== null && run;
  });
