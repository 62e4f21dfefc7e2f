import { writeSync, writev } from 'node:fs';
import { bytesOf } from '@corescore/formats/bytes';
import { encodeFrame, type Frame } from '../frames.js';
import type { Recorded } from '../session/index.js';

const PIPE = 3;

/** Blocks until the parent has taken the frame. Nothing may be under way (`sent`): frames would mix. */
export function send(frame: Frame): void {
  for (const part of encodeFrame(frame)) {
    let at = 0;
    while (at < part.byteLength) at += writeSync(PIPE, part, at, part.byteLength - at);
  }
}

/** Frames of about this size keep the parent's copy small; one row always goes whole. */
const TARGET_FRAME_BYTES = 8 * 1024 ** 2;

let underWay: Promise<void> = Promise.resolve();

/** Resolves when the parent has taken all that `sendBatch` was given. */
export function sent(): Promise<void> {
  return underWay;
}

/**
 * Sends the recordings of images `start` .. `start + count`, as soon as those before them are taken: that is the
 * back-pressure, and at most two batches of recordings are held. The writing itself is left to a thread of Node's pool,
 * in one call, so that it goes on while the engine keeps this thread busy.
 */
export async function sendBatch(recorded: Map<string, Recorded>, start: number, count: number): Promise<void> {
  await underWay;
  const parts = [...recorded].flatMap(([name, recording]) => [...rowFrames(name, recording, start, count)]);
  underWay = writeAll([...parts, ...encodeFrame({ type: 'progress', done: start + count })]);
  underWay.catch(() => undefined); // Told to whoever waits for it next.
}

/** One recording in blocks: all steps of some images, then of the next; of one image where its steps are long, some. */
function* rowFrames(
  name: string,
  { steps, features }: Recorded,
  start: number,
  count: number,
): Generator<Uint8Array, void> {
  const most = Math.max(1, Math.floor(TARGET_FRAME_BYTES / (features * 4)));
  const stepsEach = Math.min(most, steps.length);
  const imagesEach = Math.max(1, Math.floor(most / stepsEach));
  for (let from = 0; from < count; from += imagesEach) {
    const images = Math.min(imagesEach, count - from);
    for (let step = 0; step < steps.length; step += stepsEach) {
      const rows = steps
        .slice(step, step + stepsEach)
        .map((data) => bytesOf(data.subarray(from * features, (from + images) * features)));
      yield* encodeFrame({ type: 'rows', name, step, steps: rows.length, start: start + from, count: images }, rows);
    }
  }
}

async function writeAll(parts: Uint8Array[]): Promise<void> {
  let rest = parts;
  while (rest.length > 0) {
    let written = await new Promise<number>((resolve, reject) => {
      writev(PIPE, rest, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
    });
    const at = rest.findIndex((part) => {
      if (part.byteLength > written) return true;
      written -= part.byteLength;
      return false;
    });
    rest = at < 0 ? [] : [rest[at]!.subarray(written), ...rest.slice(at + 1)];
  }
}
