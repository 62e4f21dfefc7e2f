import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CorescoreError, isNetwork, type Manifest, type ModelFiles, type Region } from '@corescore/contracts';
import { stampOf } from '@corescore/contracts/sealed';
import { type InspectedActivations, openActivations } from '@corescore/formats';
import { type Extraction, extract, type Limits } from '@corescore/runtime';
import type { Benchmark } from '../definitions/benchmark.js';

/** Activations of one region, ready to score: float32 .npy [step][stimulus][feature], stimuli sorted by id. */
export interface PreparedRegion {
  path: string;
  steps: number;
  stimuli: number;
  features: number;
  /** Whether they change over the steps from the clock's first one on. */
  temporal: boolean;
}

export interface Prepared {
  regions: Partial<Record<Region, PreparedRegion>>;
  engine: string;
  provider: string;
  /** What running the model took; null for supplied activations. */
  extraction: Extraction | null;
}

export interface PrepareRequest {
  manifest: Manifest;
  /** The files of the version, under the names that manifest and model give them. */
  files: ModelFiles;
  outDir: string;
  limits: Limits;
  /** Whether a clock that does not fit the activations refuses the model; default true. */
  checkClock?: boolean;
  /** What supplied arrays showed, before the first error among it is thrown. */
  onInspected?: (found: InspectedActivations) => void;
  onProgress?: (done: number, total: number) => void;
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

/** Engine and provider of activations that came with the submission. */
export const SUPPLIED = { engine: 'supplied', provider: 'supplied' } as const;

/** What of a benchmark decides what a model is shown and which regions are kept. */
export type Shown = Pick<Benchmark, 'definition' | 'stimulusSet' | 'pixels'>;

/** Runs the model, or reads the supplied arrays: the regions of the benchmark as files below `outDir`. */
export async function prepareActivations(benchmark: Shown, request: PrepareRequest): Promise<Prepared> {
  const { manifest, files, outDir } = request;
  const { stimulusSet, definition } = benchmark;
  await mkdir(outDir, { recursive: true });
  if (isNetwork(manifest)) {
    const pixelsPath = await benchmark.pixels();
    const shown = await stampOf(pixelsPath);
    const extraction = await extract({
      files,
      manifest,
      pixelsPath,
      imageDegrees: definition.visualDegrees,
      outDir,
      limits: request.limits,
      regions: definition.regions as Region[],
      ...(request.checkClock === undefined ? {} : { checkClock: request.checkClock }),
      ...(request.onProgress === undefined ? {} : { onProgress: request.onProgress }),
      ...(request.onLog === undefined ? {} : { onLog: request.onLog }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    // Deleted by now: the model's process had it open. Changed: nobody knows what the model was shown.
    const now = await stampOf(pixelsPath);
    if (now !== null && now !== shown) {
      throw new CorescoreError('infrastructure', 'The file of decoded images changed while the model ran.', {
        remedy: 'Nothing is wrong with the model; the run is tried again with images that are decoded anew.',
      });
    }
    return { regions: extraction.regions, engine: extraction.engine, provider: extraction.provider, extraction };
  }
  const set = {
    identifier: stimulusSet.identifier,
    digest: stimulusSet.digest,
    ids: stimulusSet.stimuli.map((s) => s.id),
  };
  const scratch = { dir: outDir, maxBytes: request.limits.maxActivationBytes };
  const supplied = await openActivations(manifest, files, set, scratch);
  try {
    const inspected = await supplied.inspect();
    request.onInspected?.(inspected);
    if (inspected.errors[0] !== undefined) throw inspected.errors[0];
    const regions: Prepared['regions'] = {};
    for (const region of definition.regions as Region[]) {
      const written = await supplied.write(region, join(outDir, `${region}.npy`));
      regions[region] = { ...written, temporal: inspected.regions[region]!.temporal };
    }
    return { regions, ...SUPPLIED, extraction: null };
  } finally {
    await supplied.close();
  }
}
