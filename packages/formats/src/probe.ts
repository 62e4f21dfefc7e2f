import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { CorescoreError, type Probe } from '@corescore/contracts';

/** Whether the probe's file is the one that the manifest means; null where it is. */
export async function probeError(probe: Probe, path: string): Promise<CorescoreError | null> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const digest = hash.digest('hex');
  if (digest === probe.sha256) return null;
  return new CorescoreError('invalid_manifest', `The SHA-256 of probe.npz is ${digest}, the manifest says another.`, {
    field: '/probe/sha256',
    remedy: 'Send the probe.npz that the manifest was written for, or write its digest into the manifest.',
  });
}
