import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { CorescoreError, EXIT_CODES } from '@corescore/contracts';
import { sharedDatabase } from '@corescore/contracts/env';
import { flagVariables, type SettingFlags, settings } from '../context.js';
import type { Io } from '../io.js';
import { stopRequests } from './signals.js';

export type Role = 'api' | 'worker';

const { resolve } = createRequire(import.meta.url);

/**
 * The program of a role: what its package exports as `./main`. It reads its settings from the environment, writes its
 * log to standard error, and ends its process itself.
 * @throws CorescoreError `configuration` where the package is not installed or not built
 */
export function roleProgram(role: Role): string {
  const name = `@corescore/${role}/main`;
  try {
    return resolve(name);
  } catch (error) {
    throw new CorescoreError('configuration', `The program of the ${role}, ${name}, is not there.`, {
      remedy:
        'The services are part of the checkout of corescore: run `npm start` there. A command installed from tarballs has none.',
      cause: error,
    });
  }
}

/**
 * Becomes one role, in the foreground: resolves once its program has begun, which ends the process when it is done.
 * Signals do what they do to `serve`: the first stops in order, a second one at once, and so does a closed terminal.
 * @throws CorescoreError `configuration` for settings it cannot run with
 */
export async function becomeRole(io: Io, role: Role, flags: SettingFlags): Promise<void> {
  sharedDatabase(settings(io, flags), role);
  const program = pathToFileURL(roleProgram(role)).href;
  Object.assign(process.env, flagVariables(flags));
  // The services need no token of a user.
  for (const name of ['CORESCORE_TOKEN', 'CORESCORE_TOKEN_FILE']) delete process.env[name];
  const stop = stopRequests(() => process.exit(EXIT_CODES.pass.code), {
    // There is no log file to begin anew: whoever keeps the log of standard error does that.
    onHangUp: io.isTerminal ? undefined : () => undefined,
    parent: io.env['npm_command'] === undefined ? undefined : () => process.ppid,
  });
  // The program knows SIGTERM; a closed terminal and a parent that is gone become one.
  void stop.asked.then(() => process.kill(process.pid, 'SIGTERM'));
  await import(program);
}
