import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest, ScoreReport } from '@corescore/contracts';
import type { Extraction, Limits } from '@corescore/runtime';
import { prepareActivations } from './prepare.js';
import { loadBenchmark } from './registry.js';
import { scoreActivations } from './score.js';

export interface LocalRun {
  manifest: Manifest;
  /** The ONNX file; for activations the folder that holds the manifest's files. */
  modelPath: string;
  benchmarkRef: string;
  /** Where decoded images are kept between runs. */
  home: string;
  limits: Limits;
  /** Scoring threads; all cores by default. */
  threads?: number;
  onProgress?: (stage: 'extracting' | 'scoring', done: number, total: number) => void;
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

/** Runs and scores a model without server or database: the same code, so the same digits as a submission. */
export async function runLocal(run: LocalRun): Promise<{ report: ScoreReport; extraction: Extraction | null }> {
  const benchmark = await loadBenchmark(run.benchmarkRef, run.home);
  const outDir = await mkdtemp(join(tmpdir(), 'corescore-local-'));
  const signal = run.signal === undefined ? {} : { signal: run.signal };
  try {
    const prepared = await prepareActivations(benchmark, {
      manifest: run.manifest,
      modelPath: run.modelPath,
      outDir,
      limits: run.limits,
      onProgress: (done, total) => run.onProgress?.('extracting', done, total),
      ...(run.onLog === undefined ? {} : { onLog: run.onLog }),
      ...signal,
    });
    const { path, temporal } = prepared.regions.IT!;
    const report = await scoreActivations(
      benchmark,
      { path, clock: run.manifest.clock, temporal },
      {
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
