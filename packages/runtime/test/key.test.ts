import type { OnnxManifest } from '@corescore/contracts';
import { describe, expect, it } from 'vitest';
import { engineName } from '../src/engine.js';
import { type ActivationsKeyParts, activationsKey, outputIdentity } from '../src/key.js';
import { manifest } from './models.js';

const parts: ActivationsKeyParts = {
  semanticDigest: 'a'.repeat(64),
  input: manifest().input,
  imageDegrees: 8,
  stimulusDigest: 'b'.repeat(64),
  output: outputIdentity(manifest(), 'IT'),
  engine: engineName('onnx'),
  provider: 'cpu',
};
const key = (change: Partial<ActivationsKeyParts> = {}): string => activationsKey({ ...parts, ...change });

describe('activations key', () => {
  it('is a digest that stays', () => {
    expect(key()).toMatch(/^[0-9a-f]{64}$/);
    expect(key()).toBe(key());
  });

  it.each<[string, Partial<ActivationsKeyParts>]>([
    ['the model', { semanticDigest: 'c'.repeat(64) }],
    ['the images', { stimulusDigest: 'c'.repeat(64) }],
    ['their place on the screen', { imageDegrees: 9 }],
    ['the preprocessing', { input: { ...parts.input, range: [0, 255] } }],
    ['its version', { preprocessingVersion: 'another' }],
    ['the output', { output: outputIdentity(manifest({ regions: { IT: { output: 'other' } } }), 'IT') }],
    ['the engine', { engine: 'onnxruntime-node 0.0.0' }],
    ['the provider', { provider: 'webgpu' }],
  ])('changes with %s', (_, change) => {
    expect(key(change)).not.toBe(key());
  });

  it('is the same for defaults written out', () => {
    const input: OnnxManifest['input'] = {
      ...parts.input,
      channelOrder: 'rgb',
      mean: [0, 0, 0],
      std: [1, 1, 1],
      resize: 'bilinear',
    };
    expect(key({ input })).toBe(key());
    expect(key({ input: { ...input, mean: [0] } })).toBe(key());
  });
});

describe('output identity', () => {
  const of = (source: OnnxManifest['regions']['IT'], rest: Partial<OnnxManifest> = {}): string =>
    outputIdentity(manifest({ regions: { IT: source }, ...rest }), 'IT');

  it('tells the forms of time apart', () => {
    const state = [{ input: 's', output: 't' }];
    const all = [
      of({ output: 'it' }),
      of({ output: 'it', stepAxis: 1 }),
      of({ outputs: ['it'] }),
      of({ outputs: ['it', 'it2'] }),
      of({ output: 'it' }, { state, steps: 2 }),
      of({ output: 'it' }, { state, steps: 3 }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('knows the step at which the image arrives: the checks are made from it on', () => {
    const clock = { onsetMs: 70, stepMs: 10 };
    expect(of({ outputs: ['a', 'b'] }, { clock: { ...clock, firstStep: 1 } })).not.toBe(
      of({ outputs: ['a', 'b'] }, { clock }),
    );
  });

  it('leaves out what only scoring uses', () => {
    expect(of({ output: 'it', cumulative: true })).toBe(of({ output: 'it' }));
    expect(of({ output: 'it' }, { clock: { onsetMs: 70, stepMs: 10 } })).toBe(of({ output: 'it' }));
  });
});
