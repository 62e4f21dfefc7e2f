import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CorescoreError } from '@corescore/contracts';
import { CommandFailure } from '../failure.js';

/**
 * Fails early and in words where the port is taken: before a database has been started for nothing.
 * @throws CorescoreError `configuration`
 */
export async function assertPortFree(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => reject(portProblem(host, port, error)));
    probe.listen({ host, port }, () => probe.close(() => resolve()));
  });
}

function portProblem(host: string, port: number, error: NodeJS.ErrnoException): CorescoreError {
  if (error.code === 'EADDRINUSE') {
    return new CorescoreError('configuration', `Port ${port} of ${host} is in use.`, {
      field: '--port',
      remedy: 'Stop what runs there (another `corescore serve`?), or choose another port with --port.',
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    return new CorescoreError('configuration', `Port ${port} may not be opened by this user.`, {
      field: '--port',
      remedy: 'Choose a port of 1024 or above with --port.',
      cause: error,
    });
  }
  return new CorescoreError('configuration', `${host}:${port} cannot be listened on: ${error.message}`, {
    field: '--host',
    remedy: 'Use an address of this machine, such as 127.0.0.1.',
    cause: error,
  });
}

/** Address in the API's line `listening http://...`, reachable from here. */
export function addressIn(line: string): string {
  const text = /https?:\/\/\S+/.exec(line)?.[0];
  if (text === undefined) throw new Error(`no address in "${line}"`);
  const url = new URL(text);
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  return url.origin;
}

/**
 * Waits until `/readyz` says that database, queue and worker are there.
 * @throws CommandFailure with the last answer after `timeoutMs`
 */
export async function untilReady(url: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    let said: string;
    try {
      const response = await fetch(`${url}/readyz`, { signal });
      said = reasonIn(await response.text());
      if (response.ok) return;
    } catch (error) {
      signal.throwIfAborted();
      said = (error as Error).message;
    }
    if (Date.now() > deadlineMs) {
      throw new CommandFailure('serviceFailed', 'unavailable', `The service does not get ready: ${said}`, {
        remedy: 'Read the logs of API and worker.',
      });
    }
    await sleep(200, undefined, { signal });
  }
}

/** The detail of a problem, or the beginning of whatever else came. */
function reasonIn(body: string): string {
  try {
    const { detail } = JSON.parse(body) as { detail?: unknown };
    if (typeof detail === 'string') return detail;
  } catch {
    // Not a problem: shown as it is.
  }
  return body.slice(0, 500);
}
