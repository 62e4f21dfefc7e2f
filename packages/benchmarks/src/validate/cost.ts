import type { Region } from '@corescore/contracts';
import { activationsTooLarge, type ExtractedArray, type Extraction, type Limits } from '@corescore/runtime';
import { type Finding, findingOf } from './finding.js';

/** What the whole stimulus set will take, from what the sample took. A prediction of time is never more than a warning. */
export interface Cost {
  /** Process, engine, model and the choice of the batch, ms: once, however many images there are. */
  startMs: number;
  /** From the second batch on; null where all images of the sample fitted into one, so that start and images are not told apart. */
  msPerImage: number | null;
  /** For all images of the benchmark; null where `msPerImage` is. */
  predictedMs: number | null;
  /** Highest resident memory of the model's process over the sample; the batch is that of the whole set. */
  peakMemoryBytes: number;
  /** Activations of all images, as they are stored. */
  activationBytes: number;
}

/** When how many images were done. */
export interface Tick {
  done: number;
  atMs: number;
}

/** @param ticks progress of the extraction, ms since it began: one a batch, the first with the start in it */
export function costOf(extraction: Extraction, ticks: readonly Tick[], images: number): Cost {
  const first = ticks[0] ?? { done: extraction.regions.IT.stimuli, atMs: extraction.wallMs };
  const last = ticks.at(-1) ?? first;
  const msPerImage = last.done > first.done ? (last.atMs - first.atMs) / (last.done - first.done) : null;
  const startMs = Math.max(0, first.atMs - (msPerImage ?? 0) * first.done);
  return {
    startMs,
    msPerImage,
    predictedMs: msPerImage === null ? null : startMs + msPerImage * images,
    peakMemoryBytes: extraction.peakMemoryBytes,
    activationBytes: recorded(extraction).reduce(
      (sum, [, { steps, features }]) => sum + 4 * steps * features * images,
      0,
    ),
  };
}

/** Every recorded array by its name. */
export function recorded({ regions, readout }: Extraction): [name: Region | 'readout', array: ExtractedArray][] {
  const all = { ...regions, ...(readout === undefined ? {} : { readout }) };
  return Object.entries(all) as [Region | 'readout', ExtractedArray][];
}

/** What would run over a limit on the whole stimulus set, though the sample did not. */
export function costFindings(cost: Cost, extraction: Extraction, images: number, limits: Limits): Finding[] {
  const found: Finding[] = [];
  if (cost.activationBytes > limits.maxActivationBytes) {
    const bytesOf = ({ steps, features }: ExtractedArray): number => 4 * steps * features * images;
    const [name, array] = recorded(extraction).reduce((most, one) => (bytesOf(one[1]) > bytesOf(most[1]) ? one : most));
    const size = { bytes: bytesOf(array), total: cost.activationBytes, images, limit: limits.maxActivationBytes };
    const field = name === 'readout' ? '/readout' : `/regions/${name}`;
    found.push(findingOf(activationsTooLarge({ name, field }, size)));
  }
  const { predictedMs } = cost;
  if (predictedMs !== null && predictedMs > limits.wallSeconds * 1000) {
    found.push({
      severity: 'warning',
      code: 'slow',
      message: `All ${images.toLocaleString('en')} images may take about ${Math.round(predictedMs / 1000).toLocaleString('en')} s on a machine like this one, as busy as it is now; the limit is ${limits.wallSeconds} s.`,
      remedy:
        'A faster machine, or an idle one, may do it in time. Else use a faster model, or have CORESCORE_MODEL_TIMEOUT_SECONDS raised.',
    });
  }
  return found;
}
