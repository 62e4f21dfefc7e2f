import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CorescoreClient, createClient } from '@corescore/client';
import { CorescoreError, type QueueName } from '@corescore/contracts';
import { type Env, parseEnv } from '@corescore/contracts/env';
import type { Io } from './io.js';

/** Flags that stand for a setting. */
export interface SettingFlags {
  home?: string;
  port?: number;
  host?: string;
  queue?: readonly QueueName[];
  concurrency?: number;
}

/** The variables that the given flags stand for. */
export function flagVariables({ home, port, host, queue, concurrency }: SettingFlags): Record<string, string> {
  const all = {
    CORESCORE_HOME: home,
    CORESCORE_PORT: port,
    CORESCORE_HOST: host,
    CORESCORE_QUEUES: queue,
    CORESCORE_CONCURRENCY: concurrency,
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

/** The settings: flag over environment over default. */
export const settings = (io: Io, flags: SettingFlags = {}): Env =>
  parseEnv({ ...io.env, ...flagVariables(flags) }, io.cwd);

/** The service a command talks to. The token never comes from a flag, where a process list would show it. */
export function connect(io: Io, flags: { url?: string }): CorescoreClient {
  const env = settings(io);
  const url = serviceUrl(flags.url ?? env.url);
  return createClient({ url, token: env.token ?? localToken(env.home, url) });
}

function serviceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href.replace(/\/+$/, '');
  throw new CorescoreError('configuration', `"${text}" is not the address of a service.`, {
    field: '--url',
    remedy: 'Give a whole address, such as http://127.0.0.1:4870.',
  });
}

const LOCAL_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** The token that a service on this machine left in its home folder; it is never sent to another host. */
function localToken(home: string, url: string): string | undefined {
  if (!LOCAL_HOSTS.has(new URL(url).hostname)) return undefined;
  try {
    return readFileSync(join(home, 'token'), 'utf8').trim() || undefined;
  } catch {
    // Reading needs no token; a call that does need one is refused with the remedy.
    return undefined;
  }
}
