import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stillRuns, thisProcess } from '@corescore/contracts/process';

/** What a temporary folder is for. */
export const TEMPORARY = ['model', 'probe', 'open', 'twin', 'validate', 'local'] as const;
export type TemporaryKind = (typeof TEMPORARY)[number];

/** `corescore-<kind>-<where>-<pid>-<start>-<random>`: the owner stands in the name, so it is there from the beginning. */
const NAME = new RegExp(`^corescore-(?:${TEMPORARY.join('|')})-([0-9a-f]{8})-(\\d+)-(\\d*)-\\w+$`);

/** Host and process namespace, shortened: elsewhere the same id is another process, and the folder may be shared. */
function where(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // A host without namespaces.
  }
  return createHash('sha256').update(`${hostname()}|${namespace}`).digest('hex').slice(0, 8);
}

let swept: Promise<unknown> | undefined;

/** A private folder in the system's temporary one. The caller removes it; of a caller that is killed, the next sweep. */
export async function makeTemporary(kind: TemporaryKind): Promise<string> {
  swept ??= sweepTemporary();
  await swept;
  const { pid, started } = thisProcess();
  return mkdtemp(join(tmpdir(), `corescore-${kind}-${where()}-${pid}-${started}-`));
}

/**
 * Removes the temporary folders whose process is gone: never one that is in use, nor one of another host.
 * @returns names of what was removed
 */
export async function sweepTemporary(): Promise<string[]> {
  const here = where();
  const removed: string[] = [];
  for (const entry of await readdir(tmpdir(), { withFileTypes: true })) {
    const [, of, pid, started] = NAME.exec(entry.name) ?? [];
    if (!entry.isDirectory() || of !== here || stillRuns({ pid: Number(pid), started: started! })) continue;
    try {
      await rm(join(tmpdir(), entry.name), { recursive: true, force: true });
      removed.push(entry.name);
    } catch {
      // Another user's: theirs to remove.
    }
  }
  return removed;
}
