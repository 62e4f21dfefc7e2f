/** Data of the benches, seeded: what a layer of a network and the sites of a recording look like to a regression. */
import { RandomState } from '@corescore/metrics';

export const CLASSES = 10;
const LATENTS = 60;

export interface Imitation {
  x: Float32Array;
  labels: Int32Array;
  latent: Float64Array;
}

export function generator(seed: number): { uniform: () => number; normal: () => number } {
  const random = new RandomState(seed);
  const uniform = () => random.rand();
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()) };
}

/** Rectified mixtures of class and image latents: about 60 % zeros, log-normal scales, a dead feature in 200. */
export function imitate(n: number, f: number, seed = 7): Imitation {
  const { uniform, normal } = generator(seed);
  const labels = Int32Array.from({ length: n }, (_, i) => i % CLASSES);
  const centres = Float64Array.from({ length: CLASSES * LATENTS }, () => 0.6 * normal());
  const latent = Float64Array.from(
    { length: n * LATENTS },
    (_, at) => centres[labels[Math.floor(at / LATENTS)] * LATENTS + (at % LATENTS)] + normal(),
  );
  const x = new Float32Array(n * f);
  const weights = new Float64Array(LATENTS);
  for (let j = 0; j < f; j++) {
    const scale = uniform() < 0.005 ? 0 : Math.exp(normal());
    for (let l = 0; l < LATENTS; l++) weights[l] = normal() / Math.sqrt(LATENTS);
    for (let i = 0; i < n; i++) {
      let sum = 0.5 * normal() - 0.3;
      for (let l = 0; l < LATENTS; l++) sum += weights[l] * latent[i * LATENTS + l];
      x[i * f + j] = scale * Math.max(0, sum);
    }
  }
  return { x, labels, latent };
}

/** Noisy non-linear sites over the latents, n*sites, exact in f32. */
export function imitateSites({ latent }: Imitation, n: number, sites: number, seed = 8): Float64Array {
  const { normal } = generator(seed);
  const mix = Float64Array.from({ length: LATENTS * sites }, () => normal() / Math.sqrt(LATENTS));
  const y = new Float64Array(n * sites);
  for (let i = 0; i < n; i++) {
    for (let s = 0; s < sites; s++) {
      let sum = normal();
      for (let l = 0; l < LATENTS; l++) sum += mix[l * sites + s] * Math.max(0, latent[i * LATENTS + l]);
      y[i * sites + s] = Math.fround(sum);
    }
  }
  return y;
}
