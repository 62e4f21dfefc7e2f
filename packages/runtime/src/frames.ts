/**
 * What the model's process sends over its pipe (file descriptor 3), one way. A frame is two little-endian uint32
 * (header bytes, payload bytes), the header as JSON, the payload. A pipe of its own carries 2.6 GB/s here and leaves
 * stdout and stderr to the log; the parent writes the files, so that the child needs no write access at all.
 */
export type Frame =
  | { type: 'started' }
  | { type: 'loaded'; engine: string; provider: string; fixedBatch: number | null }
  | { type: 'batch'; size: number; multiplyAdds: number | null }
  | { type: 'array'; name: string; steps: number; features: number; shape: number[] }
  /** Payload: float32 [steps][count][feature], steps `step` .. `step + steps` of images `start` .. `start + count`. */
  | { type: 'rows'; name: string; step: number; steps: number; start: number; count: number }
  | { type: 'progress'; done: number }
  | { type: 'log'; line: string }
  | { type: 'failure'; code: string; detail: string; field?: string; remedy?: string }
  | { type: 'done' };

const PREFIX_BYTES = 8;
const MAX_HEADER_BYTES = 64 * 1024;

/** @param payload in parts, which are sent one behind the other */
export function encodeFrame(frame: Frame, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const header = Buffer.from(JSON.stringify(frame));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(header.length, 0);
  prefix.writeUInt32LE(
    payload.reduce((bytes, part) => bytes + part.byteLength, 0),
    4,
  );
  return [Buffer.concat([prefix, header]), ...payload];
}

/** A frame that no honest child sends. */
export class FrameError extends Error {}

/**
 * Reads frames from a stream, which is believed nothing: lengths are bounded before anything is allocated. Payloads lie in
 * two buffers in turn, since fresh memory for each costs more than reading it: one is good until the second payload after
 * it is read.
 * @param maxPayloadBytes longest payload to accept.
 * @throws FrameError on a malformed or oversized frame; a stream that ends within a frame just ends.
 */
export async function* readFrames(
  stream: AsyncIterable<Buffer>,
  maxPayloadBytes: number,
): AsyncGenerator<{ frame: Frame; payload: Uint8Array }> {
  let prefix = Buffer.alloc(PREFIX_BYTES);
  let part: 'prefix' | 'header' | 'payload' = 'prefix';
  let target = prefix;
  let filled = 0;
  let payloadBytes = 0;
  let [payload, other] = [Buffer.alloc(0), Buffer.alloc(0)];
  let frame: Frame | undefined;
  const begin = (next: typeof part, buffer: Buffer<ArrayBuffer>): void => {
    part = next;
    target = buffer;
    filled = 0;
  };
  for await (const chunk of stream) {
    let at = 0;
    while (at < chunk.length || filled === target.length) {
      const take = Math.min(target.length - filled, chunk.length - at);
      chunk.copy(target, filled, at, at + take);
      filled += take;
      at += take;
      if (filled < target.length) break;
      if (part === 'prefix') {
        const headerBytes = target.readUInt32LE(0);
        payloadBytes = target.readUInt32LE(4);
        if (headerBytes === 0 || headerBytes > MAX_HEADER_BYTES) throw new FrameError(`header of ${headerBytes} bytes`);
        if (payloadBytes > maxPayloadBytes) throw new FrameError(`payload of ${payloadBytes} bytes`);
        begin('header', Buffer.alloc(headerBytes));
      } else if (part === 'header') {
        frame = parseHeader(target);
        if (payloadBytes > 0) [payload, other] = [other, payload];
        // Own memory from offset 0, so that float32 views are aligned.
        if (payload.length < payloadBytes) payload = Buffer.allocUnsafeSlow(payloadBytes);
        begin('payload', payload.subarray(0, payloadBytes));
      } else {
        yield { frame: frame!, payload: target };
        prefix = Buffer.alloc(PREFIX_BYTES);
        begin('prefix', prefix);
      }
    }
  }
}

function parseHeader(bytes: Buffer): Frame {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new FrameError('header is not JSON');
  }
  if (typeof value !== 'object' || value === null || typeof (value as { type?: unknown }).type !== 'string') {
    throw new FrameError('header has no type');
  }
  return value as Frame;
}
