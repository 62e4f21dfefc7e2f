import { describe, expect, it } from 'vitest';
import { firstBatch } from '../src/child/batching.js';
import type { ModelSession } from '../src/session/index.js';

const MANY = 1024;

/** The time that the sessions below say they take passes on this clock alone. */
let clockMs = 0;

/** A session whose IT is twice the image, plus `error(rows)`, and takes so long by the clock of the test. */
function session(takesMs: (rows: number) => number, error: (rows: number) => number = () => 0): ModelSession {
  return {
    describe: () => ({
      engine: 'test',
      provider: 'cpu',
      fixedBatch: null,
      inputs: [],
      outputs: [],
      multiplyAdds: null,
    }),
    async run(images, rows) {
      clockMs += takesMs(rows);
      const data = images.map((value) => 2 * value + error(rows));
      return new Map([['IT', { steps: [data], features: 1, shape: [1] }]]);
    },
    dispose: async () => undefined,
  };
}

const choose = (model: ModelSession, n: number) =>
  firstBatch(
    model,
    n,
    2 ** 30,
    ({ start, rows }) => Float32Array.from({ length: rows }, (_, i) => start + i + 1),
    () => undefined,
    () => clockMs,
  );

describe('the size of a batch', () => {
  it('is the fastest of those that change no bit, where there are images enough', async () => {
    const { size, recorded } = await choose(
      session((rows) => (rows === 16 ? 400 : 1)),
      MANY,
    );
    // Of 16 images 8 take two runs, and 4 take four.
    expect(size).toBe(8);
    expect(recorded.get('IT')!.steps[0]).toEqual(Float32Array.from({ length: size }, (_, i) => 2 * (i + 1)));
  });

  it('stays where a smaller one is faster and rounds otherwise', async () => {
    const rounds = session(
      (rows) => (rows === 16 ? 400 : 1),
      (rows) => (rows === 16 ? 0 : 1e-6),
    );
    expect((await choose(rounds, MANY)).size).toBe(16);
  });

  it('stays where the stimulus set is small: looking for another would cost more than it gives', async () => {
    let runs = 0;
    const counted = session(() => {
      runs++;
      return 0;
    });
    expect((await choose(counted, MANY - 1)).size).toBe(16);
    expect(runs).toBe(4); // alone, the batch, its middle and its last image
  });
});
