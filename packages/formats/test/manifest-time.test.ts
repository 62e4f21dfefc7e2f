import { describe, expect, test } from 'vitest';
import { isTemporal, parseManifest } from '../src/index.js';
import { activations, feedForward, refused, without } from './support/manifests.js';

const clock = { onsetMs: 70, stepMs: 20 };

describe('time without a clock', () => {
  test.each<[string, object]>([
    ['one output a step', { regions: { IT: { outputs: ['a', 'b'] } } }],
    ['a step axis', { regions: { IT: { output: 'a', stepAxis: 1 } } }],
    ['a step axis of another region', { regions: { IT: { output: 'a' }, V4: { output: 'b', stepAxis: 1 } } }],
    ['a readout over steps', { readout: { outputs: ['a', 'b'], labels: ['bear', 'dog'] } }],
    ['a state', { steps: 3, state: [{ input: 'h', output: 'g' }] }],
  ])('%s', (_, change) => {
    const error = refused({ ...feedForward, ...change });
    expect(error).toMatchObject({ code: 'clock_missing', field: '/clock' });
    expect(error.remedy).toContain('"onsetMs"');
    expect(() => parseManifest({ ...feedForward, clock, ...change })).not.toThrow();
  });

  test('activations with a step axis', () => {
    expect(refused(without(activations, 'clock'))).toMatchObject({ code: 'clock_missing', field: '/clock' });
    const still = {
      ...without(activations, 'clock'),
      regions: { IT: { file: 'it.npy', axes: ['stimulus', 'feature'] } },
    };
    expect(isTemporal(parseManifest(still))).toBe(false);
  });

  test('a list of one output has no time', () => {
    expect(isTemporal(parseManifest({ ...feedForward, regions: { IT: { outputs: ['a'] } } }))).toBe(false);
  });
});
