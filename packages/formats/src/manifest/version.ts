import { createHash } from 'node:crypto';
import { canonicalJson, type Manifest } from '@corescore/contracts';

/**
 * Identity of a model version (CONTRACT, Identity): SHA-256 over the canonical manifest and the (path, SHA-256) pairs of
 * its files, sorted by path.
 */
export function modelVersionDigest(manifest: Manifest, files: readonly { path: string; digest: string }[]): string {
  const sorted = files.map(({ path, digest }) => [path, digest]).sort(([a], [b]) => (a! < b! ? -1 : 1));
  return createHash('sha256')
    .update(canonicalJson({ files: sorted, manifest }))
    .digest('hex');
}
