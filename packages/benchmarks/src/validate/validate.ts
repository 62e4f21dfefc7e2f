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
import {
  fileErrors,
  type InspectedActivations,
  inspectManifest,
  inspectNetwork,
  isWithin,
  type NetworkFacts,
  weightWarnings,
} from '@corescore/formats';
import { type Extraction, type Limits, MAX_BATCH, makeTemporary } from '@corescore/runtime';
import { prepareTwin } from '../controls/twin.js';
import type { Benchmark } from '../definitions/benchmark.js';
import { prepareActivations, SUPPLIED } from '../run/prepare.js';
import { type Cost, costFindings, costOf, recorded, type Tick } from './cost.js';
import { type Finding, findingOf, warningOf } from './finding.js';
import { clockFindings, imageFindings, repeatFindings, twinFindings } from './observe.js';
import { sampleOf } from './sample.js';

/** One recorded array of the sample. */
export interface ValidatedArray {
  name: string;
  steps: number;
  features: number;
  /** Axes that were flattened to features. */
  shape: number[];
  /** First step that depends on the image; null where none does. */
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
  /** What is meant where the manifest does not say it, as the name of the model's file tells. */
  kind?: Manifest['kind'] | undefined;
  /** Why there is no manifest to check: its text cannot be read. */
  unreadable?: CorescoreError | null;
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
  const { unreadable = null } = request;
  const { errors, usable } =
    unreadable === null ? inspectManifest(request.manifest, request.kind) : { errors: [unreadable], usable: null };
  const empty: Validation = {
    ok: false,
    findings: [],
    facts: null,
    images: { run: 0, total },
    engine: null,
    provider: null,
    batchSize: null,
    arrays: [],
    cost: null,
  };
  const dir = await makeTemporary('validate');
  try {
    const rest =
      usable === null
        ? { findings: await filesAlone(request) }
        : isNetwork(usable)
          ? await validateNetwork(benchmark, usable, request, dir)
          : await validateActivations(benchmark, usable, request, dir);
    // What follows from a field that is wrong, or from its absence here, is not told again.
    const wrong = errors.flatMap(({ field }) => (field === undefined ? [] : [field]));
    const isNew = ({ field }: Finding) => field === undefined || !wrong.some((other) => isWithin(field, other));
    const findings = [...errors.map(findingOf), ...(rest.findings ?? []).filter(isNew)];
    return { ...empty, ...rest, findings, ok: findings.every(({ severity }) => severity !== 'error') };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The manifest says too little to run anything: whether the files can be read, at least. */
async function filesAlone({ manifest, kind, files }: ValidateRequest): Promise<Finding[]> {
  const stated = (manifest as { kind?: unknown } | null | undefined)?.kind;
  const meant = stated === 'onnx' || stated === 'tfjs' ? stated : kind;
  return meant === 'onnx' || meant === 'tfjs' ? (await fileErrors(meant, files)).map(findingOf) : [];
}

/** Supplied arrays are checked whole: reading them is quick. */
async function validateActivations(
  benchmark: Benchmark,
  manifest: ActivationsManifest,
  { files, limits, signal }: ValidateRequest,
  dir: string,
): Promise<Partial<Validation>> {
  const total = benchmark.stimulusSet.stimuli.length;
  let seen: InspectedActivations | undefined;
  const said: Finding[] = [];
  try {
    await prepareActivations(benchmark, {
      ...{ manifest, files, outDir: dir, limits },
      onInspected(found) {
        seen = found;
        said.push(...found.errors.map(findingOf), ...found.warnings.map(warningOf));
      },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    const finding = asFinding(error, signal);
    if (!said.some(({ code, message }) => code === finding.code && message === finding.message)) said.push(finding);
  }
  if (seen === undefined) return { findings: said };
  const arrays = Object.entries(seen.regions).map(([name, { steps, features, imageFrom }]) => ({
    ...{ name, steps, features, imageFrom },
    shape: [features],
  }));
  return { arrays, ...SUPPLIED, images: { run: total, total }, findings: said };
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
  const before = [...errors.map(findingOf), ...(facts?.warnings ?? []).map(warningOf)];
  if (errors.length > 0 || facts === null) return { facts, findings: before };
  before.push(...(await weightWarnings(manifest.kind, files)).map(warningOf));
  const sample = await sampleOf(benchmark, request.images, facts.fixedBatch ?? MAX_BATCH, dir);
  const { shown } = sample;
  before.push(...(await imageFindings(manifest, facts.imageType, sample)));
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
    return { facts, findings: [...before, asFinding(error, signal)] };
  }
  const { regions } = extraction;
  const cost = costOf(extraction, ticks, total);
  const findings = [
    ...before,
    ...clockFindings(manifest, regions.IT),
    ...costFindings(cost, extraction, total, limits),
  ];
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
    facts: { ...facts, multiplyAdds: extraction.multiplyAdds },
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
