import { RandomState } from '@corescore/metrics';

/** Seeded numbers of the simulation: NumPy's legacy stream with a normal by Box and Muller. */
export class Draws {
  readonly #state: RandomState;

  constructor(seed: number) {
    this.#state = new RandomState(seed);
  }

  /** In [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * this.#state.rand();
  }

  normal(sd = 1): number {
    return sd * Math.sqrt(-2 * Math.log(1 - this.#state.rand())) * Math.cos(2 * Math.PI * this.#state.rand());
  }
}
