import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Network } from '../src/network/network.js';
import { CORE_OBJECTS_TRAIN } from '../src/train/recipe.js';

const folder = fileURLToPath(new URL('../trained/', import.meta.url));
const read = (name: string, file: string) => readFileSync(join(folder, name, file));
const json = (name: string, file: string) => JSON.parse(read(name, file).toString());

/** The pixels of the training images of core-objects, generator version 1 (docs/core-objects.md). */
const IMAGES = 'c25661b9e92f5a1fd3e77439192e89af60da96a4437e9a89d56d0a15c1f453e2';

describe('trained models', () => {
  it.each(readdirSync(folder))('%s is what its receipt says, trained whole by the frozen recipe', (name) => {
    const receipt = json(name, 'training.json');
    expect(createHash('sha256').update(read(name, 'model.onnx')).digest('hex')).toBe(receipt.model);
    expect(`${receipt.config.model}-${receipt.seed}`).toBe(name);
    expect(receipt.recipe).toBe(CORE_OBJECTS_TRAIN.ref);
    expect(receipt.images).toBe(IMAGES);
    expect(receipt.presentations).toEqual(CORE_OBJECTS_TRAIN.stages.map(({ presentations }) => presentations));
    const { parameters } = Network.of(receipt.config);
    const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
    expect(parameters.reduce((sum, { shape }) => sum + size(shape), 0)).toBe(receipt.parameters);
  });

  it.each(readdirSync(folder))('%s has a manifest with a read-out of every step', (name) => {
    const { readout, clock, description, family } = json(name, 'corescore.json');
    const { config, seed, accuracyByStep } = json(name, 'training.json');
    // Steps that the image has not reached have no accuracy.
    expect(readout.outputs ?? [readout.output]).toHaveLength((clock?.firstStep ?? 0) + accuracyByStep.length);
    expect(family).toBe(config.model);
    expect(description).toContain(`seed ${seed}`);
    // Chance is .1.
    expect(Math.max(...accuracyByStep)).toBeGreaterThan(0.5);
  });
});
