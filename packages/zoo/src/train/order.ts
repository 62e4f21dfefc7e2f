import { uniformStream } from '../parameters/random.js';

/**
 * Which images a batch holds: `pool` again and again, in a new order each time. A function of the batch alone, so that a
 * training that goes on from a checkpoint shows what it would have shown.
 * @param name of the stream of random numbers: another one for every pool
 */
export function orderOf(pool: Int32Array, batch: number, seed: number, name: string): (index: number) => Int32Array {
  let known: { epoch: number; order: Int32Array } | null = null;
  const orderIn = (epoch: number): Int32Array => {
    if (known?.epoch !== epoch) known = { epoch, order: shuffled(pool, uniformStream(seed, `${name}/${epoch}`)) };
    return known.order;
  };
  return (index) =>
    Int32Array.from({ length: batch }, (_, i) => {
      const at = index * batch + i;
      return orderIn(Math.floor(at / pool.length))[at % pool.length]!;
    });
}

function shuffled(pool: Int32Array, uniform: () => number): Int32Array {
  const order = pool.slice();
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
