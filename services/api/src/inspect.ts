import { isNetwork, type Manifest, type ModelFiles, type Warning } from '@corescore/contracts';
import {
  checkActivations,
  checkNetwork,
  type Scratch,
  type StimulusIds,
  semanticDigest,
  weightWarnings,
} from '@corescore/formats';

/** What is looked at: plain data, since it goes to another thread. */
export interface InspectTask {
  manifest: Manifest;
  paths: ModelFiles;
  /** That the activations are for; null for a network. */
  stimulusSet: StimulusIds | null;
  scratch: Scratch;
}

export interface Inspected {
  semanticDigest: string | null;
  parameters: number | null;
  /** What looks wrong and refuses nothing. */
  warnings: Warning[];
}

/**
 * Everything that the files of a version tell without running the model: complete, readable, outputs and input there;
 * activations fit their stimulus set.
 * @throws CorescoreError with field and remedy
 */
export async function inspect({ manifest, paths, stimulusSet, scratch }: InspectTask): Promise<Inspected> {
  if (isNetwork(manifest)) {
    const { parameters, warnings } = await checkNetwork(manifest, paths);
    return {
      semanticDigest: await semanticDigest(manifest.kind, paths),
      parameters,
      warnings: [...warnings, ...(await weightWarnings(manifest.kind, paths))],
    };
  }
  const { warnings } = await checkActivations(manifest, paths, stimulusSet!, scratch);
  return { semanticDigest: null, parameters: null, warnings };
}
