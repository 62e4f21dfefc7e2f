/**
 * Random numbers of the generator: sfc32 on 32-bit integers, so that a stream is the same on every machine. Frozen with
 * version 1; the resampling of `metrics` has its own, which may change.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** A stream of its own for every key: what one part of an image draws never moves another. */
  constructor(...key: readonly (string | number)[]) {
    const text = key.join('/');
    this.#a = hash(text, 0x811c9dc5);
    this.#b = hash(text, 0x9e3779b9);
    this.#c = hash(text, 0x85ebca6b);
    for (let i = 0; i < 20; i++) this.next();
  }

  /** 32 random bits, 0 .. 2^32 - 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * (this.next() / 4294967296);
  }

  /** Uniform among 0 .. n - 1. */
  below(n: number): number {
    return Math.floor((this.next() / 4294967296) * n);
  }

  /** True with the probability `p`. */
  chance(p: number): boolean {
    return this.next() < p * 4294967296;
  }

  /**
   * Nearly normal, mean 0, sd 1: the four bytes of one draw added up (excess kurtosis -.3, at most 3.5 sd). Box-Muller
   * needs a logarithm, whose last bit differs between engines.
   */
  normal(): number {
    const bits = this.next();
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    return (sum - 510) * NORMAL_UNIT;
  }
}

/** 1 / sd of the sum of four uniform bytes, sqrt(4 (256^2 - 1) / 12). */
const NORMAL_UNIT = 1 / Math.sqrt((4 * (256 * 256 - 1)) / 12);

/** FNV-1a from another start for each word, then the finaliser of MurmurHash3: close keys give unrelated words. */
function hash(text: string, start: number): number {
  let h = start;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
