import { createHash } from 'node:crypto';
import { canonicalJson, type ManifestInput, type NetworkManifest, type Region } from '@corescore/contracts';
import { PREPROCESSING_VERSION } from '@corescore/stimuli/preprocess';

/** Everything that decides the bytes of one activations file (CONTRACT, Identity). */
export interface ActivationsKeyParts {
  /** SHA-256 over graph and weights. */
  semanticDigest: string;
  input: ManifestInput;
  /** Degrees of visual angle at which the stimulus set shows its images. */
  imageDegrees: number;
  /** SHA-256 over the stimulus set. */
  stimulusDigest: string;
  /** Where the activations come from: `outputIdentity(manifest, region)`. */
  output: string;
  /** As `chooseEngine` or an extraction reports it. */
  engine: string;
  provider: string;
  /** Default: the version of the preprocessing that is installed. */
  preprocessingVersion?: string | number;
}

/** SHA-256 (hexadecimal) over the canonical JSON of the parts; defaults of the input are written out first. */
export function activationsKey(parts: ActivationsKeyParts): string {
  const { input } = parts;
  const normal = {
    ...parts,
    preprocessingVersion: parts.preprocessingVersion ?? PREPROCESSING_VERSION,
    input: {
      layout: input.layout,
      size: input.size,
      channels: input.channels,
      channelOrder: input.channelOrder ?? 'rgb',
      // Without one the type of the input says it, which the semantic digest covers.
      range: input.range ?? null,
      mean: perChannel(input.mean, 0, input.channels),
      std: perChannel(input.std, 1, input.channels),
      resize: input.resize ?? 'bilinear',
      visualDegrees: input.visualDegrees,
      name: input.name,
    },
  };
  return createHash('sha256').update(canonicalJson(normal)).digest('hex');
}

function perChannel(values: readonly number[] | undefined, otherwise: number, channels: number): number[] {
  return Array.from({ length: channels }, (_, c) => values?.[c] ?? values?.[0] ?? otherwise);
}

/**
 * Canonical text of where a region (or the readout) comes from, without what only scoring uses. `firstStep` counts: the
 * check that nothing earlier sees the image, and whether the activations change over time, are made from it on.
 */
export function outputIdentity(manifest: NetworkManifest, region: Region | 'readout'): string {
  const source = region === 'readout' ? manifest.readout : manifest.regions[region];
  const from =
    source === undefined
      ? null
      : 'outputs' in source
        ? { outputs: source.outputs }
        : { output: source.output, stepAxis: source.stepAxis };
  return canonicalJson({
    from,
    state: manifest.state,
    steps: manifest.steps,
    firstStep: manifest.clock?.firstStep ?? 0,
  });
}
