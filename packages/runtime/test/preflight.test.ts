import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../src/plan.js';
import { preflight } from '../src/preflight.js';
import { Bench } from './extraction.js';
import { graph, manifest, plain } from './models.js';
import { INT64 } from './onnx-writer.js';

const GIB = 1024 ** 3;
const recording = (name: 'V4' | 'IT', outputs: string[]) => ({
  ...{ name, field: `/regions/${name}`, outputs, stepAxis: null },
});
const plan = (steps = 1): Plan => ({
  input: manifest().input,
  recordings: [recording('V4', ['v4']), recording('IT', ['it0', 'it1'])],
  state: [],
  steps,
});
const limits = { memoryBytes: GIB, maxActivationBytes: GIB };
const facts = (values: Record<string, number>, parameterBytes = 0) => ({
  parameterBytes,
  valuesPerImage: new Map(Object.entries(values)),
});
const thrown = (act: () => void): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
};

describe('what the files tell is held against the limits', () => {
  it('weights up to the memory limit', () => {
    preflight(plan(), facts({}, GIB), limits, 10);
    expect(thrown(() => preflight(plan(), facts({}, 1.5 * GIB), limits, 10))).toMatchObject({
      kind: 'out_of_memory',
      code: 'model_out_of_memory',
      message: 'The weights alone take 1.50 GiB, and the model may have 1 GiB of memory.',
      remedy: expect.stringContaining('CORESCORE_MODEL_MEMORY_BYTES'),
    });
  });

  it('recordings: every output a step, float32, all images', () => {
    // 4 bytes x (256 + 2 x 512) values x 209,715 images = 1 GiB less 1,024 x 1,024 - 3,072 bytes.
    const values = { v4: 256, it0: 512, it1: 512 };
    preflight(plan(), facts(values), limits, 209_715);
    expect(thrown(() => preflight(plan(), facts(values), limits, 209_716))).toMatchObject({
      kind: 'contract_violation',
      code: 'activations_too_large',
      field: '/regions/IT',
      message:
        'IT has 819 MiB over 209,716 images, 1.00 GiB with the other recordings; all recordings together may take 1 GiB.',
      remedy: expect.stringContaining('CORESCORE_MAX_ACTIVATION_BYTES'),
    });
  });

  it('steps that the host makes', () => {
    const values = { v4: 0, it0: 512, it1: 512 };
    preflight(plan(1), facts(values), limits, 262_144);
    expect(thrown(() => preflight(plan(2), facts(values), limits, 262_144))).toMatchObject({
      message: 'IT has 2 GiB over 262,144 images; all recordings together may take 1 GiB.',
    });
  });

  it('what is not known counts as nothing', () => {
    preflight(plan(), facts({}), limits, 1e9);
  });
});

describe('an extraction', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.make();
  });
  afterAll(() => bench.remove());

  /** Lines that a run logs come once its sandbox is set up. */
  const refused = async (model: Parameters<Bench['extract']>[0], maxActivationBytes: number) => {
    const log: string[] = [];
    const run = bench.extract(model, manifest(), { limits: { maxActivationBytes }, onLog: (line) => log.push(line) });
    const error = await run.then(
      () => null,
      (reason: unknown) => reason,
    );
    return { error, ran: log.length > 0 };
  };

  it('ends before its sandbox is set up', async () => {
    const { error, ran } = await refused(plain, 59);
    expect(error).toMatchObject({
      code: 'activations_too_large',
      message: 'IT has 60 bytes over 5 images; all recordings together may take 59 bytes.',
    });
    expect(ran).toBe(false);
  });

  it('ends in the same words where only the run tells the size', async () => {
    // TopK is not followed by the inference of shapes; it keeps all three values here.
    const model = {
      ...graph([{ op: 'TopK', in: ['mean', 'three'], out: ['it', 'places'] }], {
        outputs: [{ name: 'it', dims: ['batch', 'features'] }],
      }),
      constants: [{ name: 'three', dims: [1], values: [3], type: INT64 as typeof INT64 }],
    };
    const { error, ran } = await refused(model, 59);
    expect(error).toMatchObject({
      code: 'activations_too_large',
      message: 'IT has 60 bytes over 5 images; all recordings together may take 59 bytes.',
    });
    expect(ran).toBe(true);
  });
});
