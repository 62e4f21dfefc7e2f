import { describe, expect, it } from 'vitest';
import { firstBatch } from '../src/child/batching.js';
import type { ModelSession } from '../src/session/index.js';

const MANY = 1024;

/**
 * A session whose IT is twice the image, plus `error(rows)`, after a wait. The waits differ by far more than a busy machine
 * adds to one of them; a wrong choice among sizes of the same bits would change no activation in any case.
 */
function session(waitMs: (rows: number) => number, error: (rows: number) => number = () => 0): ModelSession {
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
      await new Promise((resolve) => setTimeout(resolve, waitMs(rows)));
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
  );

describe('the size of a batch', () => {
  it('is the fastest of those that change no bit, where there are images enough', async () => {
    const { size, recorded } = await choose(
      session((rows) => (rows === 16 ? 400 : 1)),
      MANY,
    );
    expect([4, 8]).toContain(size);
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
