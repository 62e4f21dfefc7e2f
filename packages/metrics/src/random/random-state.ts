const N = 624;
const M = 397;

/**
 * NumPy's legacy `RandomState(seed)`: MT19937 seeded by `init_genrand` (Matsumoto & Nishimura 1998), stream-identical
 * for `rand`, `shuffle` and `permutation`. scikit-learn's splitters are built on it (METRICS 1).
 */
export class RandomState {
  readonly #key = new Int32Array(N);
  #position = N;

  /** @param seed whole number, 0 .. 2^32 - 1 */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new RangeError(`a seed is a whole number from 0 to 4294967295, not ${seed}`);
    }
    let state = seed | 0;
    for (let i = 0; i < N; i++) {
      this.#key[i] = state;
      state = (Math.imul(1812433253, state ^ (state >>> 30)) + i + 1) | 0;
    }
  }

  #refill(): void {
    const key = this.#key;
    for (let i = 0; i < N; i++) {
      const y = (key[i] & 0x80000000) | (key[(i + 1) % N] & 0x7fffffff);
      key[i] = key[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#position = 0;
  }

  /** Uniform on 0 .. 2^32 - 1. */
  uint32(): number {
    if (this.#position === N) this.#refill();
    let y = this.#key[this.#position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** Uniform on [0, 1) with 53 bits: NumPy's `random_sample`. */
  rand(): number {
    const a = this.uint32() >>> 5;
    const b = this.uint32() >>> 6;
    return (a * 67108864 + b) / 9007199254740992;
  }

  /** Uniform on 0 .. max, both included, by masked rejection: NumPy's legacy bounded integers (max < 2^32). */
  interval(max: number): number {
    if (max === 0) return 0;
    let mask = max;
    for (let shift = 1; shift <= 16; shift *= 2) mask |= mask >>> shift;
    for (;;) {
      const value = (this.uint32() & mask) >>> 0;
      if (value <= max) return value;
    }
  }

  /** In place, from the end. */
  shuffle<T>(a: T[] | Int32Array): void {
    const items = a as T[];
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.interval(i);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
  }

  /** A random order of 0 .. n - 1. */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    this.shuffle(order);
    return order;
  }
}
