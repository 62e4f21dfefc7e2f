import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Manifest, ScoreReport } from '@corescore/contracts';
import { checkActivations, checkOnnxContract, readActivations, readOnnxGraph } from '@corescore/formats';
import { type Extraction, extract, type Limits } from '@corescore/runtime';
import type { Benchmark } from './benchmark.js';
import { loadBenchmark } from './registry.js';
import { scoreActivations } from './score.js';

export interface LocalRun {
  /** The ONNX file; for activations the folder that holds the manifest's files. */
  modelPath: string;
  manifest: Manifest;
  benchmarkRef: string;
  /** Where decoded images are kept between runs. */
  home: string;
  limits: Limits;
  threads?: number;
  onProgress?: (stage: 'extracting' | 'scoring', done: number, total: number) => void;
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

/** Runs and scores a model without server or database: the same code, so the same digits as a submission. */
export async function runLocal(run: LocalRun): Promise<{ report: ScoreReport; extraction: Extraction | null }> {
  const benchmark = await loadBenchmark(run.benchmarkRef, run.home);
  const scratch = await mkdtemp(join(tmpdir(), 'corescore-local-'));
  try {
    const { path, temporal, extraction } = await activationsOf(run, benchmark, scratch);
    const report = await scoreActivations(
      benchmark,
      { path, clock: run.manifest.clock, temporal },
      {
        ...(run.threads === undefined ? {} : { threads: run.threads }),
        ...(run.signal === undefined ? {} : { signal: run.signal }),
        onProgress: (done, total) => run.onProgress?.('scoring', done, total),
      },
    );
    return { report, extraction };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
