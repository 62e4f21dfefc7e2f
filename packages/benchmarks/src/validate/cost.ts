import type { Region } from '@corescore/contracts';
import type { Extraction, Limits } from '@corescore/runtime';
import type { Finding } from './finding.js';

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
    activationBytes: arrays(extraction).reduce((sum, { steps, features }) => sum + 4 * steps * features * images, 0),
  };
}

function arrays({ regions, readout }: Extraction) {
  return [...Object.values(regions), ...(readout === undefined ? [] : [readout])];
}

/** What would run over a limit on the whole stimulus set, though the sample did not. */
export function costFindings(cost: Cost, extraction: Extraction, images: number, limits: Limits): Finding[] {
  const found: Finding[] = [];
  if (cost.activationBytes > limits.maxActivationBytes) {
    const largest = (Object.entries(extraction.regions) as [Region, { steps: number; features: number }][]).sort(
      ([, a], [, b]) => b.steps * b.features - a.steps * a.features,
    )[0]!;
    found.push({
      severity: 'error',
      code: 'activations_too_large',
      field: `/regions/${largest[0]}`,
      message: `The activations of ${images.toLocaleString('en')} images take ${gigabytes(cost.activationBytes)}, over the limit of ${gigabytes(limits.maxActivationBytes)}.`,
      remedy: 'Record a smaller tensor (after pooling), or have CORESCORE_MAX_ACTIVATION_BYTES raised.',
    });
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

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(2)} GB`;
