import type { Series } from '@corescore/contracts';
import type { Benchmark } from '../definitions/benchmark.js';
import { ownParts } from '../kinds/predictivity/predict.js';
import type { BinSimilarity } from '../processes/similarity-tasks.js';
import { imageCount, REGION } from '../scoring/score-rows.js';
import type { Control } from './control.js';

function seriesOf(benchmark: Benchmark, perBin: readonly (BinSimilarity | null)[]): Series[] {
  const images = imageCount(benchmark, 'all');
  const bins = { name: 'time_bin', unit: 'ms', values: benchmark.bins.map((b) => b.startMs) };
  return (['rsa', 'cka'] as const).map((name) => ({
    name,
    subset: 'all',
    region: REGION,
    axes: [bins],
    values: perBin.map((bin) => bin?.[name].value ?? null),
    low: perBin.map((bin) => bin?.[name].low ?? null),
    high: perBin.map((bin) => bin?.[name].high ?? null),
    n: name === 'cka' ? images : Math.min(images, ...perBin.flatMap((bin) => bin?.nRsa ?? [])),
    unit: name === 'rsa' ? 'rho' : 'cka',
  }));
}

/**
 * Representational similarity and debiased linear CKA of the subject's features of a bin and the responses of that bin
 * (METRICS 5), without any fit, with jackknife intervals over images. The bias correction of CKA is for many features
 * and few images; neither is corrected for the noise of the responses.
 */
export const similarity: Control = {
  name: 'similarity',
  async compute({ benchmark, subject, pool, announce }) {
    const { responses, neuroids } = benchmark.recordings;
    const parts = ownParts(subject.mixtures, subject.ofRecording);
    const onDone = announce(parts.length);
    const perBin = benchmark.bins.map((): BinSimilarity | null => null);
    await Promise.all(
      parts.map(async ({ mixture, bins }) => {
        const task = { path: subject.path, weights: mixture, responses: bins.map((b) => responses[b]), neuroids };
        const found = await pool.run('similarBins', task);
        bins.forEach((b, i) => {
          perBin[b] = found[i];
        });
        onDone();
      }),
    );
    return { scores: [], series: seriesOf(benchmark, perBin), notes: [], maxGap: null };
  },
};
