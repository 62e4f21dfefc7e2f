/** Twice what V8 and the thread that prepares images usually grow to beside a large model: 48 MiB failed now and then. */
const HEADROOM_BYTES = 96 * 1024 ** 2;

/** As of ECMAScript 2024, which Node has had since version 20; our library of types stops before. */
interface Resizable extends ArrayBuffer {
  resize(byteLength: number): void;
}
const ResizableBuffer = ArrayBuffer as unknown as new (
  byteLength: number,
  options: { maxByteLength: number },
) => Resizable;

/**
 * Keeps memory from the engine while the batch is chosen: what it takes it never gives back, and it takes twice what it
 * needs, up to the last byte that the limit leaves. V8, which can then have none, ends the process without a word.
 * @returns gives the memory back
 */
export function keepHeadroom(): () => void {
  // Mapped and never touched: the limit on data counts it, resident memory does not. Shrinking unmaps it at once, where
  // an ordinary array would wait for the garbage collector.
  const kept = new ResizableBuffer(HEADROOM_BYTES, { maxByteLength: HEADROOM_BYTES });
  return () => kept.resize(0);
}
