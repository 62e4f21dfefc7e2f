import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledModels, loadBenchmark, prepareActivations, scoreActivations } from '@corescore/benchmarks';
import type { Leaderboard, OnnxManifest, Score } from '@corescore/contracts';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { call, until } from '../support/serve.js';

const live = inject('live');

/** Scores of bl-64 on the board of the running service. */
let scores: Score[];
beforeAll(async () => {
  scores = await until('bl-64 on the board', 1_000, async () => {
    const { rows } = await call<Leaderboard>(live, '/v1/leaderboard?benchmark=core-objects-ost');
    return rows.find(({ name, status }) => name === 'bl-64' && status === 'scored')?.scores;
  });
}, 1_020_000);
const reference = (metric: string): Score => scores.find((s) => s.metric === metric && s.subset === 'all')!;

describe('three ways a model has time', () => {
  test.each(['bl-64-stepaxis', 'bl-64-stateful'])(
    '%s, scored without a service, agrees with bl-64 in rho to .005 and in delay to .5 ms',
    async (name) => {
      const outDir = mkdtempSync(join(tmpdir(), 'corescore-form-'));
      try {
        const { manifestPath, modelPath } = bundledModels().find((m) => m.name === name)!;
        const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as OnnxManifest;
        const benchmark = await loadBenchmark('core-objects-ost', live.home);
        const limits = { wallSeconds: 300, memoryBytes: 4e9, maxActivationBytes: 8e9, threads: 1 };
        const files = { 'model.onnx': modelPath };
        const { regions } = await prepareActivations(benchmark, { manifest, files, outDir, limits });
        const { path, temporal } = regions.IT!;
        const { scores } = await scoreActivations(
          benchmark,
          { path, temporal, clock: manifest.clock },
          { beside: false },
        );
        const difference = (metric: string) =>
          Math.abs(scores.find((s) => s.metric === metric)!.value! - reference(metric).value!);
        for (const metric of ['ost_rho', 'ost_rho_partial']) expect(difference(metric)).toBeLessThanOrEqual(0.005);
        expect(difference('ost_delay_mean')).toBeLessThanOrEqual(0.5);
      } finally {
        rmSync(outDir, { recursive: true, force: true });
      }
    },
    600_000,
  );
});
