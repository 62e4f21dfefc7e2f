import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TfjsManifest } from '@corescore/contracts';
import { GRAPH_OPERATORS, LAYER_CLASSES } from '@corescore/formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planOf } from '../src/plan.js';
import { openGraphSession } from '../src/session/graph-session.js';
import { startTfjs } from '../src/session/tfjs-backend.js';
import { openTfjsGraph } from '../src/session/tfjs-graph.js';
import { caseOf, imagesFor, type ModelName, manifestOf } from './conformance/cases.js';
import { tfjsModel } from './conformance/tfjs-models.js';
import { Bench, readArray } from './extraction.js';

const require = createRequire(import.meta.url);
let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());

/** Writes a model of the suite; its files by name. */
async function written(name: ModelName): Promise<{ folder: string; files: Record<string, string> }> {
  const folder = join(bench.folder, `tfjs-${name}`);
  await mkdir(folder, { recursive: true });
  const files: Record<string, string> = {};
  for (const [file, bytes] of Object.entries(tfjsModel(name))) {
    files[file] = join(folder, file);
    await writeFile(files[file]!, bytes);
  }
  return { folder, files };
}

describe('a TensorFlow.js model', () => {
  it.each(['recurrent', 'recurrent-stateful', 'mean-uint8'] as const)('%s runs in the sandbox', async (name) => {
    const { files } = await written(name);
    const about = manifestOf('tfjs', caseOf(name)) as TfjsManifest;
    about.clock = { onsetMs: 0, stepMs: 10 };
    const pixelsPath = await bench.pixels(5, 8, (i, y, x, c) => (37 * i + 11 * y + 5 * x + 3 * c) % 256);
    const extract = () =>
      bench.extract(files, about, { pixelsPath, limits: { providers: { onnx: [], tfjs: ['wasm'] } } });
    const [first, second] = [await extract(), await extract()];
    expect(first).toMatchObject({ provider: 'wasm', engine: expect.stringMatching(/^@tensorflow/) });
    const values = await readArray(first.regions.IT);
    expect(values.shape.slice(1)).toEqual([5, name === 'mean-uint8' ? 3 : 5]);
    expect(new Set(values.values).size).toBeGreaterThan(10);
    expect(await readArray(second.regions.IT)).toEqual(values);
  });

  it('has its nodes and layers by the names that its formats give their first output, too', async () => {
    const named = { IT: { output: 'it:0' } };
    for (const name of ['mean-uint8', 'mean'] as const) {
      const { files } = await written(name);
      const about = { ...(manifestOf('tfjs', caseOf(name)) as TfjsManifest), regions: named };
      about.input = { ...about.input, range: [0, 255] };
      expect((await bench.extract(files, about)).regions.IT.features).toBe(3);
    }
  });

  it('leaves no tensor behind, run after run', async () => {
    const { core } = await startTfjs('wasm', 1);
    for (const name of ['recurrent', 'recurrent-stateful', 'step-axis-1'] as const) {
      const { folder } = await written(name);
      const before = core.memory().numTensors;
      const about = manifestOf('tfjs', caseOf(name));
      const plan = planOf(about, 'float32');
      const fetches = [...plan.recordings.flatMap(({ outputs }) => outputs), ...plan.state.map(({ output }) => output)];
      const session = await openGraphSession(
        await openTfjsGraph({ folder, fetches, provider: 'wasm', threads: 1 }),
        plan,
      );
      await session.run(imagesFor(about, 0, 2), 2);
      const once = core.memory().numTensors;
      for (let k = 0; k < 3; k++) await session.run(imagesFor(about, k, 3), 3);
      expect(core.memory().numTensors).toBe(once);
      await session.dispose();
      expect(core.memory().numTensors, name).toBe(before);
    }
  });
});

describe('what the reader of model files knows', () => {
  it('is every layer of tfjs-layers', () => {
    const { serialization } = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core');
    require('@tensorflow/tfjs-layers');
    const { classNameMap } = serialization.SerializationMap.getMap();
    const layers = Object.keys(classNameMap).filter(
      (name) =>
        (classNameMap[name] as [{ prototype: object }, unknown])[0].prototype &&
        'computeOutputShape' in (classNameMap[name] as [{ prototype: object }, unknown])[0].prototype,
    );
    expect(layers.length).toBeGreaterThan(50);
    expect([...LAYER_CLASSES].sort()).toEqual(layers.sort());
  });

  it('is every operator of tfjs-converter', () => {
    const folder = join(require.resolve('@tensorflow/tfjs-converter/package.json'), '../dist/operations/op_list');
    const operators = new Set<string>();
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.js') && !name.includes('test'))) {
      const text = readFileSync(join(folder, file), 'utf8');
      for (const [, name] of text.matchAll(/'tfOpName':\s*'([^']+)'/g)) operators.add(name!);
    }
    expect(operators.size).toBeGreaterThan(200);
    expect([...GRAPH_OPERATORS].sort()).toEqual([...operators].sort());
  });
});
