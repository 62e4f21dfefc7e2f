import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isNetwork, type Manifest, type ModelFiles, type ScoreReport } from '@corescore/contracts';
import { type Extraction, type Limits, makeTemporary } from '@corescore/runtime';
import { prepareTwin } from '../controls/twin.js';
import { loadBenchmark } from '../definitions/registry.js';
import { scoreActivations } from '../scoring/score.js';
import { type PrepareRequest, prepareActivations } from './prepare.js';

export interface LocalRun {
  manifest: Manifest;
  /** The files of the version, under the names that manifest and model give them. */
  files: ModelFiles;
  benchmarkRef: string;
  /** Where decoded images are kept between runs. */
  home: string;
  limits: Limits;
  /** Scoring threads; all cores by default. */
  threads?: number;
  /** Whether to run what stands beside the scores, the untrained twin included; default true. */
  beside?: boolean;
  onProgress?: (stage: 'extracting' | 'scoring', done: number, total: number) => void;
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

/** Runs and scores a model without server or database: the same code, so the same digits as a submission. */
export async function runLocal(run: LocalRun): Promise<{ report: ScoreReport; extraction: Extraction | null }> {
  const benchmark = await loadBenchmark(run.benchmarkRef, run.home);
  const outDir = await makeTemporary('local');
  const signal = run.signal === undefined ? {} : { signal: run.signal };
  try {
    const request: PrepareRequest = {
      manifest: run.manifest,
      files: run.files,
      outDir,
      limits: run.limits,
      ...(run.onLog === undefined ? {} : { onLog: run.onLog }),
      ...signal,
    };
    // A network is run twice: itself, then its untrained twin.
    const beside = run.beside !== false;
    const passes = beside && isNetwork(run.manifest) ? 2 : 1;
    const prepared = await prepareActivations(benchmark, {
      ...request,
      onProgress: (done, total) => run.onProgress?.('extracting', done, passes * total),
    });
    const twin = beside
      ? await prepareTwin(benchmark, {
          ...request,
          outDir: join(outDir, 'twin'),
          onProgress: (done, total) => run.onProgress?.('extracting', total + done, passes * total),
        })
      : undefined;
    const { path, temporal } = prepared.regions.IT!;
    const report = await scoreActivations(
      benchmark,
      { path, clock: run.manifest.clock, temporal, ...(twin === undefined ? {} : { twin }) },
      {
        beside,
        onProgress: (done, total) => run.onProgress?.('scoring', done, total),
        ...(run.threads === undefined ? {} : { threads: run.threads }),
        ...signal,
      },
    );
    return { report, extraction: prepared.extraction };
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}
