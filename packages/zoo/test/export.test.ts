import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkNetwork, isTemporal, parseManifest } from '@corescore/formats';
import type * as Tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networkManifest } from '../src/export/manifest.js';
import { encodeNetwork } from '../src/export/onnx.js';
import { ZOO } from '../src/models/index.js';
import { AREA_NAMES } from '../src/models/model.js';
import { Network } from '../src/network/network.js';
import { elementsOf } from '../src/parameters/specs.js';
import { startValues } from '../src/parameters/start.js';
import { excess } from './support/golden.js';
import { dataOf, images, runOnTfjs, trainedValues } from './support/network.js';
import { openOnnx, runOnnx, withOutputs } from './support/onnx.js';
import { startWasm } from './support/tfjs.js';

let tf: typeof Tf;
let folder: string;
beforeAll(async () => {
  tf = await startWasm();
  folder = await mkdtemp(join(tmpdir(), 'corescore-zoo-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ids = [...ZOO.keys()];
const stepNames = (name: string, steps: number): string[] =>
  steps === 1 ? [name] : Array.from({ length: steps }, (_, t) => `${name}.${t}`);

/** All steps of the house, on smaller maps. */
function network(model: string): Network {
  const { firstWidth } = ZOO.get(model)!;
  return Network.of({ model, image: 32, widths: [firstWidth ?? 8, 12, 16, 24] });
}

/** Largest difference, in units of the largest activity (at least 1): predictive coding grows from cycle to cycle. */
function worst(got: Float32Array, wanted: Float32Array): number {
  const size = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return excess(got, wanted, 0) / size;
}

describe('exported file', () => {
  it.each(ids)('of %s has the same steps as the network in memory, for 1 and for 7 images', async (model) => {
    const net = network(model);
    const values = trainedValues(net, 2);
    const others = AREA_NAMES.filter((area) => area !== 'IT').flatMap((area) => stepNames(area, net.areaSteps[area]!));
    const session = await openOnnx(withOutputs(encodeNetwork(net, values), others));
    for (const batch of [1, 7]) {
      const image = images(batch, 32);
      const wanted = runOnTfjs(tf, net, values, [image], ({ areas, logits }) => ({
        ...Object.fromEntries(AREA_NAMES.map((area) => [area, dataOf(areas[area]!)])),
        logits: dataOf(logits),
      }));
      const got = await runOnnx(session, { image: { shape: [batch, 32, 32, 3], values: image } });
      for (const [name, steps] of Object.entries(wanted)) {
        for (const [t, key] of stepNames(name, steps.length).entries()) {
          expect(worst(got[key]!.values, steps[t]!), `${key}, ${batch} images`).toBeLessThan(1e-5);
        }
      }
    }
    await session.release();
  });

  it.each(ids)('of %s is accepted with its manifest, and counts as the network does', async (model) => {
    const net = Network.of({ model });
    const manifest = parseManifest(networkManifest(net, { name: `zoo-${model}`, labels: [...'abcdefghij'] }));
    if (manifest.kind !== 'onnx') throw new Error(manifest.kind);
    const path = join(folder, `${model}.onnx`);
    const zeros = new Map(net.parameters.map(({ name, shape }) => [name, new Float32Array(elementsOf(shape))]));
    await writeFile(path, encodeNetwork(net, zeros));
    const facts = await checkNetwork(manifest, { 'model.onnx': path });
    expect(facts.parameters).toBe(net.parameterCount);
    expect(facts.multiplyAdds).toBe(net.multiplyAdds);
    expect(isTemporal(manifest)).toBe(net.architecture.unrolling !== 'once');
  });

  it('has nine steps of 20 ms from 70 ms on that depend on the image, whatever comes before', () => {
    for (const model of ids) {
      const net = Network.of({ model });
      const { clock, regions } = networkManifest(net, { name: model });
      if (net.architecture.unrolling === 'once') {
        expect(clock, model).toBeUndefined();
        expect(regions.IT, model).toEqual({ output: 'IT' });
      } else {
        expect(clock, model).toEqual({ onsetMs: 70, stepMs: 20, firstStep: net.firstStep });
        expect(regions.IT, model).toEqual({ outputs: stepNames('IT', net.firstStep + 9) });
      }
    }
  });

  it('has every learned tensor under its name, and gives the same bytes again', async () => {
    const net = network('blt');
    const values = startValues(net.parameters, 4);
    const bytes = encodeNetwork(net, values);
    expect(Buffer.from(encodeNetwork(net, values)).equals(bytes)).toBe(true);
    for (const { name } of net.parameters) expect(Buffer.from(bytes).includes(name)).toBe(true);
  });

  it('is not written where a tensor has no values or the wrong number of them', () => {
    const net = network('bl');
    const values = new Map(startValues(net.parameters, 4));
    values.set('V1.L', new Float32Array(3));
    expect(() => encodeNetwork(net, values)).toThrow(/V1\.L has 3 values for a shape of \[3, 3, 8, 8\]/);
    values.delete('V1.L');
    expect(() => encodeNetwork(net, values)).toThrow(/V1\.L has no values/);
  });
});
