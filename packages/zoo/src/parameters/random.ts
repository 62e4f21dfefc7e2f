import { CorescoreError } from '@corescore/contracts';

/**
 * A stream of uniform numbers in [0, 1) for one tensor of one seed: sfc32 (Chris Doty-Humphrey, PractRand), 32 bits a
 * number. Each tensor has its own stream, so that two models have the same values where they have the same tensor.
 */
export function uniformStream(seed: number, name: string): () => number {
  let a = fnv1a(name);
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // Its author's warm-up: close seeds give unrelated streams after it.
  for (let i = 0; i < 15; i++) next();
  return next;
}

/** Standard normal numbers by Marsaglia's polar method. */
export function normalStream(uniform: () => number): () => number {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square === 0 || square >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * factor;
      return x * factor;
    }
  };
}

/** @throws CorescoreError `invalid_architecture` */
export function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new CorescoreError('invalid_architecture', `The seed is ${seed}.`, {
    field: '/seed',
    remedy: 'Give a whole number from 0 to 9007199254740991.',
  });
}

/** FNV-1a, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}
