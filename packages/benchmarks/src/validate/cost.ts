import type { Region } from '@corescore/contracts';
import { activationsTooLarge, type ExtractedArray, type Extraction, type Limits } from '@corescore/runtime';
import { type Finding, findingOf } from './finding.js';

/** What the whole stimulus set will take, from what the sample took. */
export interface Cost {
  /** Process, engine and model until the first images were done, ms; they are in it. */
  startMs: number;
  msPerImage: number;
  /** For all images of the benchmark. */
  predictedMs: number;
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

/** @param ticks progress of the extraction, ms since it began; the first counts the start */
export function costOf(extraction: Extraction, ticks: readonly Tick[], images: number): Cost {
  const first = ticks[0] ?? { done: extraction.regions.IT.stimuli, atMs: extraction.wallMs };
  const last = ticks.at(-1) ?? first;
  // A sample of one batch has only the start to go by: an upper bound.
  const msPerImage =
    last.done > first.done ? (last.atMs - first.atMs) / (last.done - first.done) : first.atMs / first.done;
  const rest = Math.max(0, images - first.done);
  return {
    startMs: first.atMs,
    msPerImage,
    predictedMs: first.atMs + msPerImage * rest,
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
  if (cost.predictedMs > limits.wallSeconds * 1000) {
    found.push({
      severity: 'error',
      code: 'model_timeout',
      message: `All ${images.toLocaleString('en')} images will take about ${Math.round(cost.predictedMs / 1000)} s on a machine like this, over the limit of ${limits.wallSeconds} s.`,
      remedy: 'Use a faster model, or have CORESCORE_MODEL_TIMEOUT_SECONDS raised.',
    });
  }
  return found;
}
