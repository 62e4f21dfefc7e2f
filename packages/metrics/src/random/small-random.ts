/**
 * sfc32 (Chris Doty-Humphrey, PractRand), a small fast generator for resampling, where nobody else's stream has to be
 * matched. Returns a function that draws uniformly from 0 .. n - 1.
 */
export function smallRandom(seed: number): (n: number) => number {
  let a = 0;
  let b = seed | 0;
  let c = Math.floor(seed / 4294967296) | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  // Its author's warm-up: close seeds give unrelated streams after it.
  for (let i = 0; i < 15; i++) next();
  return (n) => Math.floor((next() / 4294967296) * n);
}
