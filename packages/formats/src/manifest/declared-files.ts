import { type Manifest, MODEL_FILE, PROBE_FILE, REGIONS } from '@corescore/contracts';

/** Which files belong to a manifest, as far as the manifest itself tells. */
export interface DeclaredFiles {
  /** Name under which the file that a network is loaded from is kept; null for activations. */
  model: string | null;
  /** Names of the files that must be there, the model's first. */
  files: string[];
  /** Whether further files may belong to it, which only the model names: external weights, shards. */
  more: boolean;
}

/** Names of the files that must come with the manifest. */
export function declaredFiles(manifest: Manifest): DeclaredFiles {
  if (manifest.kind === 'activations') {
    const arrays = REGIONS.flatMap((region) => manifest.regions[region]?.file ?? []).map(archiveOf);
    return { model: null, files: [...new Set([...arrays, manifest.stimuli.ids])], more: false };
  }
  const model = MODEL_FILE[manifest.kind];
  return { model, files: manifest.probe === undefined ? [model] : [model, PROBE_FILE], more: true };
}

/** `all.npz#it` -> `all.npz`; a plain name is itself. */
export function archiveOf(file: string): string {
  return file.split('#', 1)[0]!;
}
