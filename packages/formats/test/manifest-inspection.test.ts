import { describe, expect, test } from 'vitest';
import { inspectManifest } from '../src/index.js';
import { feedForward } from './support/manifests.js';

const inspect = (change: object, kind?: 'onnx') => {
  const { errors, usable } = inspectManifest({ ...feedForward, ...change }, kind);
  return { fields: errors.map(({ field }) => field), usable };
};

describe('a manifest is looked at whole', () => {
  test('every field that is wrong, in members and in lists', () => {
    const { fields } = inspect({
      ...{ steps: 0, licence: 5 },
      input: { ...feedForward.input, layout: 'CHWN', mean: 'no', size: [64, 'x'], depth: 1 },
      regions: { IT: { outputs: ['it', 7] }, V5: {} },
    });
    expect(fields.sort()).toEqual([
      ...['/input/depth', '/input/layout', '/input/mean', '/input/size/1', '/licence', '/regions/IT/outputs/1'],
      ...['/regions/V5', '/steps'],
    ]);
  });

  test('what the fields say together, as far as they are right', () => {
    const state = [{ input: 's', output: 't' }];
    const { fields, usable } = inspect({ licence: 5, state, input: { ...feedForward.input, std: [1, 2] } });
    expect(fields).toEqual(['/licence', '/input/std', '/steps']);
    expect(usable).toEqual({ ...feedForward, state, input: { ...feedForward.input, std: [1, 2] } });
  });

  test('nothing is said of a field because another one that is wrong was taken out', () => {
    const outputs = { IT: { outputs: ['a', 'b'] } };
    expect(inspect({ regions: outputs, clock: { onsetMs: 'x', stepMs: 10 } }).fields).toEqual(['/clock/onsetMs']);
    expect(inspect({ regions: outputs }).fields).toEqual(['/clock']);
  });

  test('a missing name or version hinders no further check; a missing region does', () => {
    const { name: _, manifestVersion: __, ...nameless } = feedForward;
    expect(inspectManifest(nameless)).toMatchObject({
      errors: [{ field: '/manifestVersion', message: expect.stringContaining('"manifestVersion", "name"') }],
      usable: { ...feedForward, name: 'model' },
    });
    expect(inspect({ regions: {} })).toMatchObject({ fields: ['/regions/IT'], usable: null });
  });

  test('a manifest without a kind is checked as what the file of the model says', () => {
    const { kind: _, ...kindless } = { ...feedForward, licence: 5 };
    expect(inspectManifest(kindless).errors.map(({ field }) => field)).toEqual(['/kind']);
    const { errors, usable } = inspectManifest(kindless, 'onnx');
    expect(errors.map(({ field }) => field)).toEqual(['/kind', '/licence']);
    expect(usable).toEqual(feedForward);
  });

  test('a list of a thousand mistakes ends', () => {
    const { fields } = inspect({ regions: { IT: { outputs: Array.from({ length: 1000 }, () => 1) } } });
    expect(fields.length).toBeGreaterThan(10);
    expect(fields.length).toBeLessThan(100);
  });
});
