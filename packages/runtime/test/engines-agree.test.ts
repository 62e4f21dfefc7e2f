import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkManifest } from '@corescore/contracts';
import { checkNetwork } from '@corescore/formats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { planOf } from '../src/plan.js';
import { openSession } from '../src/session/index.js';
import { openOnnxModel } from '../src/session/onnx-graph.js';
import { tapFile } from '../src/tap.js';
import { bundledModel, referenceImages } from './reference.js';
import { AREAS, bl64Step } from './tfjs-bl64.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corescore-engines-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const STEPS = 5;
const INITIALISERS = [
  ...[0, 1, 2, 3].map((i) => `n.f.${i}.weight`),
  ...[1, 2, 3].map((i) => `n.l.${i}.weight`),
  ...['n.r.weight', 'n.r.bias', 'onnx::Mul_101', 'onnx::Add_102', 'onnx::Mul_103', 'onnx::Add_104'],
  ...['onnx::Mul_105', 'onnx::Add_106', 'onnx::Mul_107', 'onnx::Add_108'],
];

/** Initialisers of bl-64-stateful, recorded like inner tensors: no second reader of the file is needed. */
async function initialisers(path: string) {
  const copy = join(folder, 'initialisers.onnx');
  await copyFile(path, copy);
  await tapFile(copy, INITIALISERS);
  const graph = await openOnnxModel(copy, { threads: 1, provider: 'cpu' });
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, shape }) => [
      name,
      graph.zeros(
        'float32',
        shape.map((dim) => (typeof dim === 'number' ? dim : 1)),
      ),
    ]),
  );
  const found = await graph.run(feeds, INITIALISERS);
  const read = new Map<string, { dims: readonly number[]; values: Float32Array }>();
  for (const name of INITIALISERS) {
    const tensor = found[name]!;
    read.set(name, { dims: graph.dims(tensor), values: (await graph.read(tensor))! });
  }
  await graph.release();
  return (name: string) => read.get(name)!;
}

async function record(kind: 'onnx' | 'tfjs', files: Record<string, string | Uint8Array>, manifest: NetworkManifest) {
  const own = join(folder, kind);
  await mkdir(own);
  for (const [name, from] of Object.entries(files)) {
    if (typeof from === 'string') await copyFile(from, join(own, name));
    else await writeFile(join(own, name), from);
  }
  const provider = kind === 'onnx' ? 'cpu' : 'wasm';
  const session = await openSession({ kind, folder: own, plan: planOf(manifest, 'float32'), threads: 1, provider });
  const recorded = await session.run(referenceImages(), 3);
  const { multiplyAdds } = session.describe();
  await session.dispose();
  return { recorded, multiplyAdds };
}

// Relative to the largest |activation| of the step: single precision rounds relative to what it adds up.
it('bl-64 in ONNX and in TensorFlow.js agree to 1e-5 at every step, in every area and the read-out', async () => {
  const { files, manifest } = bundledModel('bl-64-stateful');
  const about = {
    ...manifest,
    regions: { V2: { output: 'h2_out' }, V4: { output: 'h3_out' }, IT: { output: 'h4_out' } },
  };
  const { recorded: onnx, multiplyAdds } = await record('onnx', files, about);
  expect(multiplyAdds).toBeNull(); // The file tells.
  const written = bl64Step(await initialisers(files['model.onnx']!));
  const { recorded: tfjs, ...cost } = await record('tfjs', written, { ...about, kind: 'tfjs' } as NetworkManifest);
  // Counted in the first run; of the ONNX graph by inference of shapes.
  expect(cost.multiplyAdds).toBe((await checkNetwork(manifest, files)).multiplyAdds);
  let compared = 0;
  for (const [i, region] of (['V2', 'V4', 'IT'] as const).entries()) {
    const { features, side } = AREAS[i]!;
    const pixels = side ** 2;
    for (let step = 0; step < STEPS; step++) {
      const ours = onnx.get(region)!.steps[step]!;
      const theirs = tfjs.get(region)!.steps[step]!;
      expect(theirs.length).toBe(ours.length);
      const scale = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(scale).toBeGreaterThan(0.1);
      for (let at = 0; at < ours.length; at++) {
        // [image][channel][pixel] beside [image][pixel][channel]
        const image = Math.floor(at / (features * pixels));
        const channel = Math.floor(at / pixels) % features;
        const other = theirs[(image * pixels + (at % pixels)) * features + channel]!;
        if (!(Math.abs(ours[at]! - other) <= 1e-5 * scale))
          expect.fail(`${region}, step ${step}: ${ours[at]} and ${other}`);
        compared++;
      }
    }
  }
  expect(compared).toBe(3 * STEPS * (24 * 256 + 48 * 64 + 64 * 16));
  for (let step = 0; step < STEPS; step++) {
    const ours = onnx.get('readout')!.steps[step]!;
    const theirs = tfjs.get('readout')!.steps[step]!;
    const scale = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    ours.forEach((value, i) => {
      expect(Math.abs(value - theirs[i]!)).toBeLessThanOrEqual(1e-5 * scale);
    });
  }
});
