import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledModels, loadBenchmark, prepareActivations } from '@corescore/benchmarks';
import type { Leaderboard, OnnxManifest, Score } from '@corescore/contracts';
import { readNpyHeader, readNpyRows } from '@corescore/formats';
import { describe, expect, inject, test } from 'vitest';
import { corescore } from '../support/corescore.js';
import { call, newHome, removeHome, until } from '../support/serve.js';

const live = inject('live');
const bundled = (name: string) => bundledModels().find((model) => model.name === name)!;

async function itOf(name: string, outDir: string): Promise<{ shape: number[]; values: Float32Array }> {
  const { manifestPath, modelPath } = bundled(name);
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as OnnxManifest;
  const benchmark = await loadBenchmark('core-objects-ost', live.home);
  const limits = { wallSeconds: 300, memoryBytes: 4e9, maxActivationBytes: 8e9, threads: 1 };
  const files = { 'model.onnx': modelPath };
  const { regions } = await prepareActivations(benchmark, { manifest, files, outDir, limits });
  expect(regions.IT!.temporal).toBe(true);
  const header = await readNpyHeader(regions.IT!.path);
  return {
    shape: header.shape,
    values: (await readNpyRows(regions.IT!.path, header, 0, header.shape[0])) as Float32Array,
  };
}

describe('three ways a model has time', () => {
  test('record the same activations of all images at every step, to 1e-5 of the largest', async () => {
    const home = newHome();
    try {
      const unrolled = await itOf('bl-64', join(home, 'bl-64'));
      const largest = unrolled.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (const name of ['bl-64-stepaxis', 'bl-64-stateful']) {
        const { shape, values } = await itOf(name, join(home, name));
        expect(shape).toEqual(unrolled.shape);
        let worst = 0;
        for (let i = 0; i < values.length; i++) worst = Math.max(worst, Math.abs(values[i] - unrolled.values[i]));
        expect(worst / largest, name).toBeLessThan(1e-5);
      }
    } finally {
      removeHome(home);
    }
  }, 600_000);

  test('the stateful one, scored on the command line, agrees with bl-64 on the board in rho to .005 and in delay to .5 ms', async () => {
    const home = newHome();
    try {
      const { manifestPath, modelPath } = bundled('bl-64-stateful');
      const args = ['run', '--local', modelPath, '--manifest', manifestPath, '--benchmark', 'core-objects-ost'];
      const env = { CORESCORE_HOME: home, CORESCORE_BESIDE: 'no' };
      const answer = await corescore(live, [...args, '--format', 'json'], env);
      expect(answer.code, answer.stderr).toBe(0);
      const { scores } = JSON.parse(answer.stdout) as { scores: Score[] };
      const board = await until('bl-64 on the board', 1_000, async () => {
        const { rows } = await call<Leaderboard>(live, '/v1/leaderboard?benchmark=core-objects-ost');
        return rows.find(({ name, status }) => name === 'bl-64' && status === 'scored')?.scores;
      });
      const scoreOf = (of: Score[], metric: string) =>
        of.find((s) => s.metric === metric && s.subset === 'all')!.value!;
      const difference = (metric: string) => Math.abs(scoreOf(scores, metric) - scoreOf(board, metric));
      for (const metric of ['ost_rho', 'ost_rho_partial']) expect(difference(metric)).toBeLessThanOrEqual(0.005);
      expect(difference('ost_delay_mean')).toBeLessThanOrEqual(0.5);
    } finally {
      removeHome(home);
    }
  }, 1_200_000);
});
