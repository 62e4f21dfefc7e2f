import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CorescoreError, isNetwork, type Manifest, type ModelFiles, type Region } from '@corescore/contracts';
import { stampOf } from '@corescore/contracts/sealed';
import { openActivations, readNpyHeader, readNpyRows } from '@corescore/formats';
import { type Extraction, extract, type Limits } from '@corescore/runtime';
import type { Benchmark } from './benchmark.js';

/** Activations of one region, ready to score: float32 .npy [step][stimulus][feature], stimuli sorted by id. */
export interface PreparedRegion {
  path: string;
  steps: number;
  stimuli: number;
  features: number;
  /** Whether they change over the recorded steps. */
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
  onProgress?: (done: number, total: number) => void;
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

/** Engine and provider of activations that came with the submission. */
export const SUPPLIED = { engine: 'supplied', provider: 'supplied' } as const;

/** Whether any step differs from the one before it, read two steps at a time. */
async function changesOverTime(path: string): Promise<boolean> {
  const header = await readNpyHeader(path);
  let before = await readNpyRows(path, header, 0, 1);
  for (let step = 1; step < header.shape[0]; step++) {
    const now = await readNpyRows(path, header, step, 1);
    if (now.some((v, i) => v !== before[i])) return true;
    before = now;
  }
  return false;
}

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
    await supplied.check();
    const regions: Prepared['regions'] = {};
    for (const region of definition.regions as Region[]) {
      const written = await supplied.write(region, join(outDir, `${region}.npy`));
      regions[region] = { ...written, temporal: await changesOverTime(written.path) };
    }
    return { regions, ...SUPPLIED, extraction: null };
  } finally {
    await supplied.close();
  }
}
