/**
 * Buffers that outlive a call: fresh pages cost more than the products that fill them. Calls side by side get buffers of
 * their own.
 */
export class Scratch {
  readonly #free: ArrayBuffer[] = [];

  /** Runs `work` with a buffer of at least `bytes`, which may hold anything. */
  async with<T>(bytes: number, work: (buffer: ArrayBuffer) => Promise<T>): Promise<T> {
    const at = this.#free.findIndex((buffer) => buffer.byteLength >= bytes);
    const buffer = at < 0 ? new ArrayBuffer(bytes) : this.#free.splice(at, 1)[0];
    try {
      return await work(buffer);
    } finally {
      // One that was too small is not worth keeping beside a larger one.
      if (this.#free.length > 0 && this.#free[0].byteLength < buffer.byteLength) this.#free.length = 0;
      if (this.#free.length < 2) this.#free.push(buffer);
    }
  }
}
