import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import {
  type Benchmark,
  difficultyLookUp,
  feedForwardRamp,
  NULL_ROW_SOURCES,
  REFERENCE_MODELS,
  type ScoreOptions,
  thresholdOnly,
} from '@corescore/benchmarks';
import { CorescoreError, canonicalJson, SCORING_VERSION, type ScoreReport } from '@corescore/contracts';
import type { ClaimedRun, StoredModelVersion } from '@corescore/store';
import type { Context } from '../context.js';
import { DerivedLost } from './derived.js';

/** Kind of a model version that stands for a null hypothesis: nothing was submitted, the board itself makes it. */
export const NULL_KIND = 'null';
const OWNER = 'corescore';

interface NullManifest {
  manifestVersion: 1;
  name: string;
  kind: typeof NULL_KIND;
  description: string;
  benchmark: string;
  /** Run whose results the row is made of. */
  sourceRun: string | null;
}

const RULES: { name: string; source: string | null }[] = [
  { name: REFERENCE_MODELS.thresholdOnly, source: NULL_ROW_SOURCES.recurrent },
  { name: REFERENCE_MODELS.feedForwardRamp, source: NULL_ROW_SOURCES.feedForward },
  { name: REFERENCE_MODELS.difficultyLookUp, source: null },
];

/**
 * Submits the null rows of a board that can be made by now (METRICS 4: they stand permanently on each OST board). The
 * same source gives the same row, so calling it again does nothing.
 */
export async function ensureNullRows(context: Context, benchmark: Benchmark): Promise<void> {
  const { store } = context;
  const { ref, references, digest } = benchmark.definition;
  for (const { name, source } of RULES) {
    const sourceRun = source === null ? null : await store.results.latestScored(ref, OWNER, source);
    // One that is scored again comes first: a row is of one scoring version, as what it is made of.
    if (source !== null && sourceRun?.scoringVersion !== SCORING_VERSION) continue;
    const description = references.find((r) => r.model === `${OWNER}/${name}`)?.sentence ?? name;
    const manifest: NullManifest = {
      manifestVersion: 1,
      name,
      kind: NULL_KIND,
      description,
      benchmark: ref,
      sourceRun: sourceRun?.id ?? null,
    };
    const identity = canonicalJson({ name, benchmark: digest, source: sourceRun?.model.digest ?? null });
    const versionDigest = createHash('sha256').update(identity).digest('hex');
    await store.models.createVersion({
      owner: OWNER,
      name,
      digest: versionDigest,
      manifest,
      files: [],
      temporal: true,
      parameters: null,
      semanticDigest: null,
    });
    const { submission, created } = await store.submissions.create({
      owner: OWNER,
      tokenId: null,
      idempotencyKey: `null-row:${ref}:${versionDigest}`,
      bodyDigest: versionDigest,
      modelVersion: versionDigest,
      benchmarks: [ref],
    });
    if (created)
      for (const run of submission.runs) await store.queues.enqueue('extract', { runId: run.id, attempt: run.attempt });
  }
}

/** Run that a null row is made of, as it was when the row was first made; null for a row that is made of none. */
export const sourceRunOf = (manifest: unknown): string | null => (manifest as NullManifest).sourceRun;

/** The model whose activations a null row is made of; null where it is made of no activations. */
export async function sourceOf({ store }: Context, run: ClaimedRun): Promise<StoredModelVersion | null> {
  const { name, sourceRun } = run.model.manifest as NullManifest;
  if (name !== REFERENCE_MODELS.feedForwardRamp) return null;
  const source = sourceRun === null ? null : await store.runs.view(sourceRun);
  const model = source === null ? null : await store.models.version(source.model.digest, source.model.owner);
  if (model === null) throw missing(name, 'the model of its source run');
  return model;
}

const missing = (name: string, what: string): CorescoreError =>
  new CorescoreError('infrastructure', `${name} needs ${what}, which is gone.`, {
    remedy: 'Retry once its source is scored again.',
  });

/** Computes the null row that `run` stands for. @throws DerivedLost */
export async function scoreNullRow(
  context: Context,
  run: ClaimedRun,
  benchmark: Benchmark,
  options: ScoreOptions,
): Promise<ScoreReport> {
  const { store } = context;
  const { name, sourceRun: source } = run.model.manifest as NullManifest;
  const sourceRun = source === null ? null : ((await store.results.latestOf(source))?.id ?? null);
  switch (name) {
    case REFERENCE_MODELS.difficultyLookUp:
      return difficultyLookUp(benchmark, options);
    case REFERENCE_MODELS.thresholdOnly: {
      const images = sourceRun === null ? null : await store.results.images(sourceRun);
      if (images === null) throw missing(name, 'the curves of its source run');
      return thresholdOnly(benchmark, images, options);
    }
    case REFERENCE_MODELS.feedForwardRamp: {
      const { extraction } = run;
      if (extraction?.regions.IT === undefined) throw new DerivedLost(false, 'IT.npy of its source');
      const scratch = await store.blobs.derivedPath(extraction.key, 'IT-ramp.npy');
      return feedForwardRamp(benchmark, extraction.regions.IT.path, scratch, options).finally(() =>
        rm(scratch, { force: true }),
      );
    }
    default:
      throw new CorescoreError('infrastructure', `There is no null row "${name}".`, { remedy: 'Update the worker.' });
  }
}
