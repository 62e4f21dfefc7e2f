import { createHash } from 'node:crypto';
import type { CorescoreClient } from '@corescore/client';
import { uploadVersion } from '@corescore/client/node';
import type { ModelVersionView, SubmissionView } from '@corescore/contracts';
import { bar, LiveLines } from '../format/progress.js';
import { findingText } from '../format/validation.js';
import { formatBytes } from '../format/words.js';
import { type Io, styles } from '../io.js';
import type { SubmissionFiles } from './files.js';
import { uploadMemory } from './upload-memory.js';

/** The same model version on the same benchmarks is the same submission, whoever's CI job repeats it. */
export function defaultIdempotencyKey(
  version: Pick<ModelVersionView, 'owner' | 'digest'>,
  benchmarks: readonly string[],
): string {
  return createHash('sha256')
    .update([version.owner, version.digest, ...[...benchmarks].sort()].join('\n'))
    .digest('hex');
}

/** Below it, a broken connection costs so little that a file is simply sent again. */
const RESUMABLE_FROM_BYTES = 64 * 1024 * 1024;

/** Uploads with a bar; large files so that they survive a broken connection, and a command that was stopped. */
export async function upload(
  io: Io,
  client: CorescoreClient,
  owner: string,
  found: SubmissionFiles,
  home: string,
): Promise<ModelVersionView> {
  const lines = new LiveLines(io);
  const name = `${owner}/${found.name}`;
  const { version, created } = await uploadVersion(client, {
    owner,
    name: found.name,
    manifestPath: found.manifestPath,
    files: found.files,
    resumableFromBytes: RESUMABLE_FROM_BYTES,
    memory: uploadMemory(home, io.now),
    onProgress(sent, total) {
      const percent = total === 0 ? 100 : Math.floor((100 * sent) / total);
      const text = `Uploading ${name}  ${bar(sent, total)} ${percent} %  ${formatBytes(sent)} of ${formatBytes(total)}`;
      // Off a terminal a line each quarter is enough, and a small file says only that it is done.
      const quarter = total < 64 * 1024 * 1024 ? Number(sent === total) : Math.floor(percent / 25);
      if (io.isTerminal || quarter > 0) lines.set('upload', text, String(quarter));
    },
  });
  lines.finish();
  io.stderr(
    created
      ? `Model version ${version.digest.slice(0, 12)} is stored.\n`
      : `The service has this model version already.\n`,
  );
  // Of a service that is older than this command, none.
  for (const warning of version.warnings ?? []) io.stderr(findingText({ severity: 'warning', ...warning }, styles(io)));
  return version;
}

/** Bare ids become `id@version` before anything is uploaded: a wrong name fails early, and a retry means the same. */
export async function pinBenchmarks(client: CorescoreClient, refs: readonly string[]): Promise<string[]> {
  const pinned: string[] = [];
  for (const ref of refs) {
    const { ref: full } = await client.getBenchmark(ref);
    if (!pinned.includes(full)) pinned.push(full);
  }
  return pinned;
}

export function submit(
  client: CorescoreClient,
  version: ModelVersionView,
  benchmarks: string[],
  idempotencyKey: string | undefined,
): Promise<SubmissionView> {
  return client.submit(
    { modelVersion: version.digest, owner: version.owner, benchmarks },
    { idempotencyKey: idempotencyKey ?? defaultIdempotencyKey(version, benchmarks) },
  );
}
