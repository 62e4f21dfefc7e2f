import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlReport, Manifest, ModelFiles, ScoreReport } from '@corescore/contracts';
import { type Extraction, type Limits, makeTemporary } from '@corescore/runtime';
import { scoreControls } from '../controls/score-control.js';
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
  /** Whether to compute the controls, the run of the untrained twin included; default true. */
  controls?: boolean;
  /** @param control the control that is being computed; none: the headline */
  onProgress?: (stage: 'extracting' | 'scoring', done: number, total: number, control?: string) => void;
  /** The headline, as soon as it is there. */
  onHeadline?: (report: ScoreReport) => void;
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

export interface LocalResult {
  /** The headline. */
  report: ScoreReport;
  /** In order of presentation; empty where they were not wanted. */
  controls: ControlReport[];
  /** What running the model took; null for supplied activations. */
  extraction: Extraction | null;
}

/**
 * Runs and scores a model without server or database, the headline first and then its controls: the same code, so the same
 * digits as a submission.
 */
export async function runLocal(run: LocalRun): Promise<LocalResult> {
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
    const prepared = await prepareActivations(benchmark, {
      ...request,
      onProgress: (done, total) => run.onProgress?.('extracting', done, total),
    });
    const { path, temporal } = prepared.regions.IT!;
    const activations = { path, clock: run.manifest.clock, temporal };
    const options = { ...(run.threads === undefined ? {} : { threads: run.threads }), ...signal };
    const report = await scoreActivations(benchmark, activations, {
      ...options,
      onProgress: (done, total) => run.onProgress?.('scoring', done, total),
    });
    run.onHeadline?.(report);
    if (run.controls === false) return { report, controls: [], extraction: prepared.extraction };
    const twin = await prepareTwin(benchmark, {
      ...request,
      outDir: join(outDir, 'twin'),
      onProgress: (done, total) => run.onProgress?.('extracting', done, total, 'untrained-twin'),
    });
    const controls = await scoreControls(
      benchmark,
      { ...activations, twin },
      {
        ...options,
        headline: report,
        onProgress: (control, done, total) => run.onProgress?.('scoring', done, total, control),
      },
    );
    return { report, controls, extraction: prepared.extraction };
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}
