import { execFile } from 'node:child_process';
import { chown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CorescoreError } from '@corescore/contracts';
import { diskFull, isDiskFull } from '../disk-room.js';

const runFile = promisify(execFile);
const NOBODY = 65534;

/** Runs a program of Postgres; resolves with what it printed. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<string>;

export interface ProgramRunner {
  run: RunProgram;
  /**
   * Words in front of the server's command. Where setpriv can, the system asks the server to stop once this process is
   * gone, however it ended: it takes no new connections then and ends with its last one.
   */
  server: readonly string[];
}

const GOES_WITH_PARENT = ['--pdeathsig', 'TERM'];

/**
 * Postgres refuses to run as root. As root, its programs run as the owner of the data folder (nobody, for a new one),
 * through `setpriv`, and keep the right to pass folders that only root may enter: the home folder's parents.
 * @throws CorescoreError `configuration` where root cannot step down
 */
export async function programRunner(dataFolder: string, uid = process.getuid?.()): Promise<ProgramRunner> {
  if (uid !== 0) {
    const asked = ['setpriv', ...GOES_WITH_PARENT];
    const works = await execute(asked)('true', []).then(
      () => true,
      () => false,
    );
    return { run: execute([]), server: works ? asked : [] };
  }
  const owner = await ownerOf(dataFolder);
  const asUser = ['setpriv', '--reuid', String(owner), '--regid', String(owner), '--clear-groups'];
  const capability = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'];
  const prefix = [...asUser, ...capability];
  const run = execute(prefix);
  try {
    await run('true', []);
  } catch (error) {
    throw new CorescoreError('configuration', 'Postgres does not run as root, and setpriv cannot change the user.', {
      field: 'DATABASE_URL',
      remedy:
        'Start corescore as an ordinary user, install setpriv (package util-linux), or set DATABASE_URL to a Postgres of your own.',
      cause: error,
    });
  }
  return { run, server: [...prefix, ...GOES_WITH_PARENT] };
}

/** The user of an existing data folder; one that root owns (copied, restored) is given to nobody. */
async function ownerOf(dataFolder: string): Promise<number> {
  const found = await stat(dataFolder).catch(() => null);
  if (found === null) return NOBODY;
  if (found.uid !== 0) return found.uid;
  await giveAway(dataFolder, NOBODY);
  return NOBODY;
}

async function giveAway(path: string, user: number): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await giveAway(inner, user);
    else await chown(inner, user, user);
  }
  await chown(path, user, user);
}

function execute(prefix: readonly string[]): RunProgram {
  return async (program, args) => {
    const [command, ...rest] = [...prefix, program, ...args];
    // The C locale: messages are read by our own code and shown in one language.
    const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' };
    try {
      const { stdout, stderr } = await runFile(command!, rest, { env, cwd: '/' });
      return stdout + stderr;
    } catch (error) {
      const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) || (error as Error).message;
      if (isDiskFull(new Error(said))) throw diskFull(`Postgres could not be prepared: ${said}`, error);
      throw new CorescoreError('configuration', `Postgres could not be prepared: ${said}`, {
        field: 'CORESCORE_HOME',
        remedy: 'Remove the cause, or set DATABASE_URL to a Postgres of your own.',
        cause: error,
      });
    }
  };
}
