import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ActivationsManifest,
  CorescoreError,
  isNetwork,
  type Manifest,
  type ModelFiles,
  type NetworkManifest,
} from '@corescore/contracts';
import { inspectNetwork, manifestErrors, type NetworkFacts } from '@corescore/formats';
import { type Extraction, type Limits, makeTemporary } from '@corescore/runtime';
import type { Benchmark } from '../benchmark.js';
import { prepareTwin } from '../beside/twin.js';
import { prepareActivations } from '../prepare.js';
import { type Cost, costFindings, costOf, recorded, type Tick } from './cost.js';
import { type Finding, findingOf } from './finding.js';
import { clockFindings, repeatFindings, twinFindings } from './observe.js';
import { sampleOf } from './sample.js';

/** One recorded array of the sample. */
export interface ValidatedArray {
  name: string;
  steps: number;
  features: number;
  /** Axes that were flattened to features. */
  shape: number[];
  /** First step that depends on the image; null where none does, or for supplied arrays. */
  imageFrom: number | null;
}

export interface Validation {
  /** Whether a service would take the model and run it: no finding is an error. */
  ok: boolean;
  findings: Finding[];
  /** Null where the files could not be read, or activations were supplied. */
  facts: NetworkFacts | null;
  /** Images that were run, and those of the benchmark. */
  images: { run: number; total: number };
  engine: string | null;
  provider: string | null;
  batchSize: number | null;
  arrays: ValidatedArray[];
  cost: Cost | null;
}

export interface ValidateRequest {
  /** Parsed JSON of the manifest, not checked yet. */
  manifest: unknown;
  files: ModelFiles;
  /** Whose images are shown. */
  benchmark: Benchmark;
  limits: Limits;
  /** Different images to run. */
  images: number;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Checks a submission as a service would, on a few images: manifest, files, graph, then the model itself, in its sandbox
 * and under its limits. Goes on after an error wherever the rest can still be said.
 * @throws CorescoreError only for what is no fault of the submission (a limit that makes no sense, a full disk)
 * @throws the signal's reason when it is aborted
 */
export async function validate(request: ValidateRequest): Promise<Validation> {
  const { benchmark } = request;
  const total = benchmark.stimulusSet.stimuli.length;
  const empty: Validation = {
    ok: false,
    findings: [...manifestErrors(request.manifest)].map(findingOf),
    facts: null,
    images: { run: 0, total },
    engine: null,
    provider: null,
    batchSize: null,
    arrays: [],
    cost: null,
  };
  if (empty.findings.length > 0) return empty;
  const manifest = request.manifest as Manifest;
  const dir = await makeTemporary('validate');
  try {
    const rest = isNetwork(manifest)
      ? await validateNetwork(benchmark, manifest, request, dir)
      : await validateActivations(benchmark, manifest, request, dir);
    const findings = rest.findings ?? [];
    return { ...empty, ...rest, findings, ok: findings.every(({ severity }) => severity !== 'error') };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Supplied arrays are checked whole: reading them is quick. */
async function validateActivations(
  benchmark: Benchmark,
  manifest: ActivationsManifest,
  { files, limits, signal }: ValidateRequest,
  dir: string,
): Promise<Partial<Validation>> {
  const total = benchmark.stimulusSet.stimuli.length;
  try {
    const { regions, engine, provider } = await prepareActivations(benchmark, {
      ...{ manifest, files, outDir: dir, limits },
      ...(signal === undefined ? {} : { signal }),
    });
    const arrays = Object.entries(regions).map(([name, { steps, features }]) => ({
      ...{ name, steps, features },
      shape: [features],
      imageFrom: null,
    }));
    return { arrays, engine, provider, images: { run: total, total } };
  } catch (error) {
    return { findings: [asFinding(error, signal)] };
  }
}

async function validateNetwork(
  benchmark: Benchmark,
  manifest: NetworkManifest,
  request: ValidateRequest,
  dir: string,
): Promise<Partial<Validation>> {
  const { files, limits, signal } = request;
  const total = benchmark.stimulusSet.stimuli.length;
  const { facts, errors } = await inspectNetwork(manifest, files);
  if (errors.length > 0) return { facts, findings: errors.map(findingOf) };
  const sample = await sampleOf(benchmark, request.images, dir);
  const shown = sample.images + sample.repeated;
  // Every region of the manifest is looked at, whether or not this benchmark scores it.
  const definition = { ...sample.definition, regions: Object.keys(manifest.regions) };
  const ticks: Tick[] = [];
  const startedAt = performance.now();
  const prepare = { manifest, files, limits, checkClock: false, ...(signal === undefined ? {} : { signal }) };
  let extraction: Extraction;
  try {
    const prepared = await prepareActivations(
      { ...sample, definition },
      {
        ...prepare,
        outDir: join(dir, 'model'),
        onProgress(done) {
          ticks.push({ done, atMs: performance.now() - startedAt });
          request.onProgress?.(done, 2 * shown);
        },
      },
    );
    extraction = prepared.extraction!;
  } catch (error) {
    return { facts, findings: [asFinding(error, signal)] };
  }
  const { regions } = extraction;
  const cost = costOf(extraction, ticks, total);
  const findings = [...clockFindings(manifest, regions.IT), ...costFindings(cost, extraction, total, limits)];
  for (const [name, array] of Object.entries(regions)) {
    findings.push(...(await repeatFindings(name, array, sample.repeated)));
  }
  const twin = await prepareTwin(sample, {
    ...prepare,
    outDir: join(dir, 'twin'),
    onProgress: (done) => request.onProgress?.(shown + done, 2 * shown),
  });
  if ('path' in twin) findings.push(...(await twinFindings(regions.IT, twin.path)));
  else {
    findings.push({
      severity: 'warning',
      code: 'twin_not_run',
      message: `The untrained twin has no result: ${twin.note}`,
    });
  }
  return {
    facts: facts && { ...facts, multiplyAdds: extraction.multiplyAdds },
    findings,
    images: { run: sample.images, total },
    engine: extraction.engine,
    provider: extraction.provider,
    batchSize: extraction.batchSize,
    arrays: recorded(extraction).map(([name, { steps, features, shape, imageFrom }]) => ({
      ...{ name, steps, features, shape, imageFrom },
    })),
    cost,
  };
}

/** An error about the submission as a finding; anything else goes on its way. */
function asFinding(error: unknown, signal: AbortSignal | undefined): Finding {
  signal?.throwIfAborted();
  if (error instanceof CorescoreError && error.status < 500) return findingOf(error);
  throw error;
}
