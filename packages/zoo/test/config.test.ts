import { CorescoreError } from '@corescore/contracts';
import { describe, expect, it } from 'vitest';
import { ZOO } from '../src/models/index.js';
import type { ZooConfig } from '../src/network/config.js';
import { Network } from '../src/network/network.js';
import { startValues } from '../src/parameters/start.js';

function refusal(config: unknown): CorescoreError {
  try {
    Network.of(config as ZooConfig);
  } catch (error) {
    if (error instanceof CorescoreError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(config)} is taken`);
}

const REFUSED: [what: string, config: object, code: string, field: string, detail: RegExp][] = [
  ['no model', {}, 'invalid_architecture', '/model', /names no model/],
  ['an unknown cell', { model: 'gru' }, 'invalid_architecture', '/model', /no model "gru"/],
  ['a model that is no text', { model: 3 }, 'invalid_architecture', '/model', /no model 3/],
  ['a name of every object', { model: 'toString' }, 'invalid_architecture', '/model', /no model "toString"/],
  ['an unknown field', { model: 'bl', width: [] }, 'invalid_architecture', '/width', /no field "width"/],
  ['a field of another model', { model: 'bl', tau: 2 }, 'invalid_architecture', '/tau', /no field "tau"/],
  ['steps without recurrence', { model: 'ff-alexnet', steps: 9 }, 'invalid_architecture', '/steps', /no field "steps"/],
  ['delays in block unrolling', { model: 'rcl', delays: {} }, 'invalid_architecture', '/delays', /no field "delays"/],
  ['a width of zero', { model: 'bl', widths: [0, 8, 8, 8] }, 'invalid_architecture', '/widths/0', /is 0/],
  ['a negative width', { model: 'bl', widths: [8, 8, -4, 8] }, 'invalid_architecture', '/widths/2', /is -4/],
  ['a width with a fraction', { model: 'rcl', widths: [8, 8.5, 8, 8] }, 'invalid_architecture', '/widths/1', /is 8.5/],
  ['a width that is no number', { model: 'bl', widths: [8, '8', 8, 8] }, 'invalid_architecture', '/widths/1', /is "8"/],
  ['a width that is NaN', { model: 'bl', widths: [8, Number.NaN, 8, 8] }, 'invalid_architecture', '/widths/1', /NaN/],
  ['three widths', { model: 'bl', widths: [8, 8, 8] }, 'invalid_architecture', '/widths', /\[8,8,8\]/],
  ['widths that are no list', { model: 'bl', widths: 8 }, 'invalid_architecture', '/widths', /is 8/],
  [
    'a width no norm can group',
    { model: 'bl', widths: [8, 8, 10, 8] },
    'invalid_architecture',
    '/widths/2',
    /4 channels a group/,
  ],
  [
    'other channels of a frame',
    { model: 'prednet', widths: [4, 8, 8, 8] },
    'invalid_architecture',
    '/widths/0',
    /3 channels/,
  ],
  ['a stride of zero', { model: 'bl', strides: [0, 2, 2, 1] }, 'invalid_architecture', '/strides/0', /is 0/],
  [
    'a stride that leaves gaps',
    { model: 'bl', strides: [8, 2, 2, 1] },
    'invalid_architecture',
    '/strides/0',
    /never seen/,
  ],
  [
    'strides beyond the map',
    { model: 'bl', image: 8, strides: [4, 3, 3, 1] },
    'invalid_architecture',
    '/strides/1',
    /3 times smaller.*side of 2/,
  ],
  ['an image too small for V1', { model: 'bl', image: 3 }, 'invalid_architecture', '/strides/0', /side of 3/],
  [
    'an image too small for the pools',
    { model: 'cornet-z', image: 3 },
    'invalid_architecture',
    '/strides/0',
    /4 times smaller/,
  ],
  ['an image of no pixels', { model: 'bl', image: 0 }, 'invalid_architecture', '/image', /is 0/],
  ['a frame that does not halve', { model: 'prednet', image: 40 }, 'invalid_architecture', '/image', /multiple of 16/],
  ['one class', { model: 'bl', classes: 1 }, 'invalid_architecture', '/classes', /is 1/],
  ['no steps', { model: 'bl', steps: 0 }, 'invalid_architecture', '/steps', /is 0/],
  ['steps that are no whole number', { model: 'bl', steps: 2.5 }, 'invalid_architecture', '/steps', /is 2.5/],
  ['too many steps', { model: 'bl', steps: 65 }, 'model_too_complex', '/steps', /is 65/],
  [
    'a cycle without delay',
    { model: 'blt', delays: { bottomUp: 0, topDown: 0 } },
    'invalid_architecture',
    '/delays',
    /without delay/,
  ],
  [
    'a negative delay',
    { model: 'bl', delays: { bottomUp: -1, topDown: 1 } },
    'invalid_architecture',
    '/delays/bottomUp',
    /is -1/,
  ],
  ['an unknown delay', { model: 'bl', delays: { lateral: 0 } }, 'invalid_architecture', '/delays/lateral', /"lateral"/],
  ['delays that are no object', { model: 'bl', delays: 1 }, 'invalid_architecture', '/delays', /not an object/],
  ['a time constant below a step', { model: 'leaky', tau: 0.5 }, 'invalid_architecture', '/tau', /is 0.5/],
  ['an optic nerve of no fibres', { model: 'retina-bl', opticNerve: 0 }, 'invalid_architecture', '/opticNerve', /is 0/],
  [
    'an extrapolation from nothing',
    { model: 'prednet', extrapolateFrom: 0 },
    'invalid_architecture',
    '/extrapolateFrom',
    /is 0/,
  ],
  ['too wide an area', { model: 'bl', widths: [2048, 8, 8, 8] }, 'model_too_complex', '/widths/0', /is 2048/],
  ['too many parameters', { model: 'bl', widths: [512, 512, 512, 512] }, 'model_too_complex', '', /parameters/],
  [
    'too many multiply-adds',
    { model: 'bl', widths: [64, 64, 64, 64], image: 256, steps: 64 },
    'model_too_complex',
    '',
    /multiply-adds/,
  ],
  ['a list in place of an object', [], 'invalid_architecture', '', /not an object/],
];

describe('a configuration', () => {
  it.each(REFUSED)('with %s is refused by name', (_, config, code, field, detail) => {
    const error = refusal(config);
    expect(error).toMatchObject({ code, field, message: expect.stringMatching(detail) });
    expect(error.remedy).toMatch(/^Give|has /);
  });

  it.each([undefined, null, 'bl', 3])('that is %s is refused', (config) => {
    expect(refusal(config)).toMatchObject({
      code: 'invalid_architecture',
      message: expect.stringMatching(/not an object/),
    });
  });

  it('may be smaller than the house, or of another form', () => {
    const network = Network.of({
      model: 'blt',
      widths: [16, 24, 48, 64],
      kernels: [5, 3, 3, 3],
      strides: [2, 2, 2, 2],
      image: 48,
      classes: 4,
      steps: 5,
    });
    expect(network.architecture.areas.map(({ side }) => side)).toEqual([24, 12, 6, 3]);
    expect(network.parameters.find(({ name }) => name === 'V1.B')!.shape).toEqual([5, 5, 3, 16]);
    expect(network.itShape).toEqual([3, 3, 64]);
    expect(network.steps).toBe(5);
  });

  it.each([...ZOO].filter(([, { unrolling }]) => unrolling !== 'once').map(([id]) => id))(
    'of %s has the same tensors for any number of steps, so that a training may begin with one',
    (model) => {
      const [one, nine] = [Network.of({ model, steps: 1 }), Network.of({ model })];
      expect(one.parameters).toEqual(nine.parameters);
      expect(one.multiplyAdds).toBeLessThan(nine.multiplyAdds);
    },
  );

  it('of a teacher has about 100,000 parameters', () => {
    expect(Network.of({ model: 'bl', widths: [16, 24, 48, 64] }).parameterCount).toBe(109_866);
  });
});

describe('values at the start', () => {
  const { parameters } = Network.of({ model: 'convlstm' });

  it('are the same for the same seed, others for another', () => {
    const [one, again, other] = [startValues(parameters, 5), startValues(parameters, 5), startValues(parameters, 6)];
    expect([...again.values()].map((v) => Buffer.from(v.buffer).toString('base64'))).toEqual(
      [...one.values()].map((v) => Buffer.from(v.buffer).toString('base64')),
    );
    expect(other.get('V1.Wxi')).not.toEqual(one.get('V1.Wxi'));
  });

  it('are those of another model where it has the same tensor', () => {
    const [bl, b] = [Network.of({ model: 'bl' }), Network.of({ model: 'b', widths: [32, 64, 128, 64] })];
    const [recurrent, plain] = [startValues(bl.parameters, 3), startValues(b.parameters, 3)];
    for (const [name, values] of plain) expect(recurrent.get(name), name).toEqual(values);
  });

  it.each([
    ['bl', 'V2.B', Math.sqrt(2 / (9 * 32)), Number.POSITIVE_INFINITY],
    ['blt', 'V2.T', 0.1 * Math.sqrt(2 / (9 * 104)), Number.POSITIVE_INFINITY],
    ['pcn-global', 'V2.FB', 0.1 * Math.sqrt(2 / (9 * 72)), Number.POSITIVE_INFINITY],
    ['convlstm', 'IT.Whi', Math.sqrt(6 / (9 * 128)) / Math.sqrt(3), Math.sqrt(6 / (9 * 128))],
    ['bl', 'readout.W', Math.sqrt(6 / 74) / Math.sqrt(3), Math.sqrt(6 / 74)],
  ])('%s %s: spread by fan-in and fan-out', (model, name, deviation, most) => {
    const values = startValues(Network.of({ model }).parameters, 1).get(name)!;
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    expect(Math.sqrt(variance) / deviation).toBeCloseTo(1, 1);
    expect(Math.abs(mean) / deviation).toBeLessThan(0.15);
    expect(values.every((v) => Math.abs(v) <= most)).toBe(true);
  });

  it.each([
    ['convlstm', 'V1.bf', 1],
    ['convlstm', 'V1.bi', 0],
    ['convlstm', 'V1.Wci', 0],
    ['subconvlstm', 'V4.bf', 1],
    ['prednet', 'L2.bf', 1],
    ['pcn-global', 'V1.a', 0.5],
    ['pcn-global', 'IT.b', 1],
    ['pcn-local', 'IT.b0', 0],
    ['leaky', 'V1.xi', 0],
    ['bl', 'V1.gn.gamma', 1],
    ['bl', 'V1.gn.beta', 0],
    ['ff-resnet', 'V2.0.gn2.gamma', 0],
    ['cornet-s', 'IT.gn3.gamma', 0],
    ['resnet-shared', 'IT.W2', 0],
  ])('%s %s is %d throughout', (model, name, value) => {
    const values = startValues(Network.of({ model }).parameters, 1).get(name)!;
    expect(new Set([...values].map((v) => v + 0))).toEqual(new Set([value]));
  });

  it.each([1.5, -1, Number.NaN, 2 ** 53])('the seed %d is refused', (seed) => {
    expect(() => startValues(parameters, seed)).toThrow(
      expect.objectContaining({ code: 'invalid_architecture', field: '/seed' }),
    );
  });
});
