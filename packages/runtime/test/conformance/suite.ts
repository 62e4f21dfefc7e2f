import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkManifest } from '@corescore/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planOf } from '../../src/plan.js';
import { type ModelSession, openSession, type Recorded } from '../../src/session/index.js';
import { CASES, type Case, caseOf, imagesFor, type ModelName, manifestOf } from './cases.js';
import { testImage } from './reference-net.js';

/** What an engine brings to the suite. */
export interface Conforming {
  /** As the tests are called, e.g. `onnxruntime-node on cpu`. */
  name: string;
  kind: NetworkManifest['kind'];
  /** Files of a model, by name within its version; `taps` are inner tensors that will be recorded. */
  model(name: ModelName, taps: readonly string[]): Record<string, Uint8Array>;
  /** Models that the engine cannot have by its nature, and why: the suite asserts that they are none of its types. */
  absent: Partial<Record<ModelName, string>>;
  /** Models whose type a device may lack: run right or be refused in these words, as a statement about the run. */
  mayRefuse?: Partial<Record<ModelName, RegExp>>;
  /** What `describe()` has to say. */
  engine: RegExp;
  provider: string;
}

/** One engine's contract: the same models, the same expected activations, whatever runs them. */
export function conformance(engine: Conforming): void {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'corescore-conformance-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  let opened = 0;
  async function open(
    name: ModelName,
    about: Pick<Case, 'manifest'> = caseOf(name),
    taps: string[] = [],
  ): Promise<{ session: ModelSession; manifest: NetworkManifest }> {
    const own = join(folder, String(opened++));
    await mkdir(own);
    for (const [file, bytes] of Object.entries(engine.model(name, taps))) await writeFile(join(own, file), bytes);
    const manifest = manifestOf(engine.kind, about);
    const { kind, provider } = engine;
    return {
      session: await openSession({ kind, folder: own, plan: planOf(manifest, 'float32'), threads: 1, provider }),
      manifest,
    };
  }

  async function recordedBy(name: ModelName, first: number, count: number): Promise<Recorded> {
    const { session, manifest } = await open(name);
    try {
      return (await session.run(imagesFor(manifest, first, count, caseOf(name).scale), count)).get('IT')!;
    } finally {
      await session.dispose();
    }
  }

  const cases = CASES.filter(({ model }) => !(model in engine.absent));

  describe(engine.name, () => {
    it.each(cases)('$model: $about', async (one) => {
      const count = 4;
      const words = engine.mayRefuse?.[one.model];
      const recorded = await recordedBy(one.model, 0, count).catch((error: Error) => {
        if (words === undefined || !words.test(error.message)) throw error;
        expect(error).toMatchObject({ code: 'model_run_failed', kind: 'model_error', remedy: expect.anything() });
        return null;
      });
      if (recorded === null) return;
      for (let i = 0; i < count; i++) {
        const image = testImage(i).map((plane) => plane.map((row) => row.map((value) => (one.scale ?? 1) * value)));
        const expected = one.it(image);
        expect([recorded.steps.length, recorded.features]).toEqual([expected.length, expected[0]!.length]);
        expected.forEach((row, step) => {
          const found = recorded.steps[step]!.subarray(i * row.length, (i + 1) * row.length);
          row.forEach((value, f) => {
            expect(Math.abs(found[f]! - value), `image ${i}, step ${step}, feature ${f}`).toBeLessThanOrEqual(
              one.tolerance,
            );
          });
        });
      }
    });

    it('says what it is and what the model takes and gives', async () => {
      const { session } = await open('mean');
      const { engine: name, provider, fixedBatch, inputs, outputs } = session.describe();
      await session.dispose();
      expect(name).toMatch(engine.engine);
      expect([provider, fixedBatch]).toEqual([engine.provider, null]);
      expect(inputs).toMatchObject([{ name: 'image', type: 'float32' }]);
      expect(outputs.map((output) => output.name)).toContain('it');
      const fixed = await open('mean-fixed-batch');
      expect(fixed.session.describe().fixedBatch).toBe(4);
      await fixed.session.dispose();
    });

    it('records inner tensors, with their shape, beside outputs', async () => {
      const about = { manifest: { regions: { IT: { output: 'it' }, V4: { output: 'pooled' } } } };
      const { session, manifest } = await open('mean', about, ['pooled']);
      const recorded = await session.run(imagesFor(manifest, 0, 2), 2);
      await session.dispose();
      expect(recorded.get('V4')!.features).toBe(3);
      expect([...recorded.get('V4')!.steps[0]!]).toEqual([...recorded.get('IT')!.steps[0]!]);
    });

    it('gives the same bits for the same images: again, in another session, and after other images', async () => {
      const { session, manifest } = await open('recurrent');
      const images = imagesFor(manifest, 0, 3);
      const first = (await session.run(images, 3)).get('IT')!.steps.map((step) => step.slice());
      await session.run(imagesFor(manifest, 7, 3), 3);
      const again = (await session.run(images, 3)).get('IT')!.steps;
      await session.dispose();
      expect(again).toEqual(first);
      expect((await recordedBy('recurrent', 0, 3)).steps).toEqual(first);
    });

    it('treats every image by itself: alone as in company, to rounding', async () => {
      const together = await recordedBy('recurrent-stateful', 0, 5);
      const alone = await recordedBy('recurrent-stateful', 3, 1);
      const { features } = alone;
      alone.steps.forEach((step, t) => {
        const row = together.steps[t]!.subarray(3 * features, 4 * features);
        step.forEach((value, f) => {
          expect(Math.abs(value - row[f]!)).toBeLessThanOrEqual(1e-6);
        });
      });
    });

    it.each<[string, ModelName, Case['manifest'], string, string]>([
      [
        'an output that is not there',
        'mean',
        { regions: { IT: { output: 'nope' } } },
        'output_not_found',
        '/regions/IT',
      ],
      ['an input that is not there', 'mean', { input: inputOf({ name: 'x' }) }, 'input_not_found', '/input/name'],
      ['another size', 'mean', { input: inputOf({ size: [9, 9] }) }, 'input_shape', '/input'],
      ['another layout', 'mean', { input: inputOf({ layout: 'NHWC' }) }, 'input_shape', '/input'],
      ['another number of channels', 'mean', { input: inputOf({ channels: 1 }) }, 'input_shape', '/input'],
      ['an input nobody feeds', 'leaky', { regions: { IT: { output: 'it' } } }, 'input_not_found', '/state'],
      ['integers', 'mean-integer', { regions: { IT: { output: 'it' } } }, 'array_dtype', '/regions/IT'],
      [
        'no such step axis',
        'mean',
        { regions: { IT: { output: 'it', stepAxis: 5 } } },
        'array_shape',
        '/regions/IT/stepAxis',
      ],
    ])('names %s', async (_, name, about, code, field) => {
      const attempt = async () => {
        const { session, manifest } = await open(name, { manifest: about });
        try {
          await session.run(imagesFor(manifest, 0, 2), 2);
        } finally {
          await session.dispose();
        }
      };
      await expect(attempt()).rejects.toMatchObject({ code, field, kind: 'contract_violation' });
    });

    const absent = Object.entries(engine.absent);
    if (absent.length > 0) {
      it.each(absent)('has no %s: %s', (name) => {
        expect(() => engine.model(name as ModelName, [])).toThrow(TypeError);
      });
    }
  });
}

const inputOf = (change: Partial<NetworkManifest['input']>): NetworkManifest['input'] => ({
  ...manifestOf('onnx', caseOf('mean')).input,
  ...change,
});
