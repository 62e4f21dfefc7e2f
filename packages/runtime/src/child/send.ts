import { writeSync } from 'node:fs';
import { encodeFrame, type Frame } from '../frames.js';

const PIPE = 3;

/** Blocks until the parent has taken the frame: that is the back-pressure. */
export function send(frame: Frame, payload?: Uint8Array): void {
  for (const part of encodeFrame(frame, payload)) {
    let at = 0;
    while (at < part.byteLength) at += writeSync(PIPE, part, at, part.byteLength - at);
  }
}

/** Frames of about this size keep the parent's copy small; one row always goes whole. */
const TARGET_FRAME_BYTES = 8 * 1024 ** 2;

/** Sends the steps of one recording for `count` images, in chunks of images: all steps of a chunk, then the next. */
export function sendRows(
  name: string,
  steps: readonly Float32Array[],
  features: number,
  start: number,
  count: number,
): void {
  const chunk = Math.max(1, Math.floor(TARGET_FRAME_BYTES / (features * 4)));
  for (let from = 0; from < count; from += chunk) {
    const rows = Math.min(chunk, count - from);
    steps.forEach((data, step) => {
      const part = data.subarray(from * features, (from + rows) * features);
      send(
        { type: 'rows', name, step, start: start + from, count: rows },
        new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
      );
    });
  }
}
