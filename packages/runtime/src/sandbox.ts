import { fileURLToPath } from 'node:url';
import { CorescoreError } from '@corescore/contracts';
import type { Limits } from './limits.js';
import { type Access, type Command, commandOf, freshUserId } from './sandbox/command.js';
import { absentOf, linesOf, type Measure, WALLS } from './sandbox/measures.js';
import { type Host, probeHost } from './sandbox/probe.js';

/** The child's entry: built code, also when the parent runs from source. */
export const CHILD_ENTRY = fileURLToPath(new URL('../dist/child/main.js', import.meta.url));

/** The fence around one run. */
export interface Sandbox {
  /** What holds here and what does not, a line each, for the log of a run. */
  lines: string[];
  held: ReadonlySet<Measure>;
  /** What does not hold here, a sentence each. */
  absent: string[];
  /** The walls among it: where there is one, a model runs unsandboxed. */
  missingWalls: string[];
  /** The run's own user id; null where it runs as the parent's user. */
  uid: number | null;
  /** Group that the child runs as, when it is not the parent's: files for it must be readable by this group. */
  gid: number | null;
  /**
   * The command that runs `node <args>` behind the fence.
   * @param folder its working directory, whose files it may read; a folder `.root` is made in it
   * @param access what its engine needs beside that
   */
  command(limits: Limits, args: readonly string[], folder: string, access?: Access): Command;
}

let probed: Promise<Host> | undefined;

/** A fence for one run, of whatever holds on this host: found out once per process, by trying. */
export async function sandbox(): Promise<Sandbox> {
  probed ??= probeHost(CHILD_ENTRY);
  return fenceOn(await probed);
}

export function fenceOn({ tools, held, userIdRange, code }: Host): Sandbox {
  const userId = userIdRange === null ? null : freshUserId(userIdRange);
  return {
    lines: linesOf(held),
    held,
    absent: absentOf(held),
    missingWalls: absentOf(held, WALLS),
    uid: userId,
    gid: userId,
    command: (limits, args, folder, access = {}) =>
      commandOf({ tools, held, userId, code }, limits, args, folder, access),
  };
}

/**
 * Refuses a host on which a model would run unsandboxed.
 * @throws CorescoreError `configuration` with what is missing
 */
export function requireWalls({ missingWalls }: Pick<Sandbox, 'missingWalls'>): void {
  if (missingWalls.length === 0) return;
  throw new CorescoreError(
    'configuration',
    `Models would run unsandboxed on this host, and the sandbox is required here: ${missingWalls.join('; ')}.`,
    {
      field: 'CORESCORE_SANDBOX',
      remedy:
        'Run the worker as root in a container that may make namespaces, or as a user who may make user namespaces ' +
        '(docs/sandbox.md); or set CORESCORE_SANDBOX=warn and take models only from people you trust.',
    },
  );
}
