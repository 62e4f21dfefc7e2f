import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { declaredFiles, isTemporal, parseManifest } from '../src/index.js';
import { activations, feedForward, refused, without } from './support/manifests.js';

const clock = { onsetMs: 70, stepMs: 20 };

describe('manifests as they stand', () => {
  const folder = new URL('../../benchmarks/data/models/', import.meta.url);
  test.each([
    ['bl-64', true],
    ['bl-64-stepaxis', true],
    ['bl-64-stateful', true],
    ['ff-64', false],
    ['ffdeep-64', false],
  ])('%s', (name, temporal) => {
    const manifest = parseManifest(JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')));
    expect(manifest.name).toBe(name);
    expect(isTemporal(manifest)).toBe(temporal);
    expect(declaredFiles(manifest).model).toBe('model.onnx');
  });

  test('as text, with the byte order mark that some editors write', () => {
    expect(parseManifest(`\uFEFF${JSON.stringify(feedForward)}`)).toEqual(feedForward);
    expect(refused('{ "manifestVersion": 1,')).toMatchObject({ code: 'manifest_not_json', field: 'manifest' });
  });

  test('activations name their files, each once', () => {
    const { IT } = activations.regions;
    const manifest = parseManifest({ ...activations, regions: { IT, V4: IT, V1: { ...IT, file: 'v1.npy' } } });
    expect(declaredFiles(manifest).files).toEqual(['v1.npy', 'it.npy', 'ids.txt']);
    expect(isTemporal(manifest)).toBe(true);
  });

  test('every optional field', () => {
    const full = {
      ...feedForward,
      description: 'd',
      reference: 'r',
      licence: 'l',
      family: 'f',
      input: {
        ...feedForward.input,
        channelOrder: 'bgr',
        range: [-1, 1],
        mean: [0.1, 0.2, 0.3],
        std: [1],
        resize: 'bicubic',
      },
      clock: {
        windowsMs: [
          [70, 90],
          [90, 130],
        ],
        firstStep: 1,
      },
      regions: {
        V1: { output: 'v1' },
        IT: { outputs: ['a', 'b', 'c'] },
        V4: { output: 'v4', stepAxis: 1, cumulative: true },
      },
      readout: { outputs: ['x', 'y', 'z'], labels: ['bear', 'dog'] },
    };
    expect(parseManifest(full)).toEqual(full);
  });
});

describe('one clear error', () => {
  const input = (change: object) => ({ ...feedForward, input: { ...feedForward.input, ...change } });
  test.each<[string, unknown, string, RegExp, RegExp]>([
    ['no object', [], '', /not a JSON object/, /Send/],
    ['no kind', without(feedForward, 'kind'), '/kind', /lacks "kind"/, /"onnx", "tfjs", "activations"/],
    ['an unknown kind', { ...feedForward, kind: 'torch' }, '/kind', /"torch"/, /"onnx", "tfjs", "activations"/],
    ['another version', { ...feedForward, manifestVersion: 2 }, '/manifestVersion', /is 2/, /Give 1/],
    ['a version as text', { ...feedForward, manifestVersion: '1' }, '/manifestVersion', /"1"/, /Give 1/],
    ['a missing field', without(feedForward, 'name'), '/name', /lacks "name"/, /lower-case letters/],
    [
      'a missing inner field',
      input({ visualDegrees: undefined }),
      '/input/visualDegrees',
      /lacks "visualDegrees"/,
      /Add/,
    ],
    ['no regions', without(feedForward, 'regions'), '/regions', /lacks "regions"/, /IT/],
    ['no IT', { ...feedForward, regions: {} }, '/regions/IT', /lacks "IT"/, /outputs|output/],
    ['an unknown field', { ...feedForward, lisence: 'MIT' }, '/lisence', /unknown "lisence"/, /Did you mean "licence"/],
    ['an unknown inner field', input({ centre: 1 }), '/input/centre', /unknown "centre"/, /Allowed here: name, layout/],
    [
      'a misspelt required field',
      { ...feedForward, input: { ...without(feedForward.input, 'layout'), layuot: 'NCHW' } },
      '/input/layout',
      /lacks "layout".*unknown "layuot"/,
      /"NCHW", "NHWC"/,
    ],
    ['a value that is not allowed', input({ layout: 'CHWN' }), '/input/layout', /"CHWN"/, /"NCHW", "NHWC"/],
    [
      'a range that is not allowed',
      input({ range: [0, 2] }),
      '/input/range',
      /\[0,2\]/,
      /\[0, 1\] \| \[0, 255\] \| \[-1, 1\]/,
    ],
    ['one size for two', input({ size: [64] }), '/input/size', /\[64\]/, /height, width/],
    ['a size of 0', input({ size: [0, 64] }), '/input/size/0', /is 0/, /at least 1/],
    ['two channels', input({ channels: 2 }), '/input/channels', /is 2/, /1, 3/],
    ['two means', input({ mean: [1, 2] }), '/input/mean', /2 values for 3 channels/, /one value a channel/],
    ['a std of 0', input({ std: [0] }), '/input/std/0', /is 0/, /above 0/],
    ['degrees of 0', input({ visualDegrees: 0 }), '/input/visualDegrees', /is 0/, /above 0, at most 180/],
    ['a name with spaces', { ...feedForward, name: 'My Net' }, '/name', /"My Net"/, /lower-case letters/],
    ['half a clock', { ...feedForward, clock: { onsetMs: 70 } }, '/clock/stepMs', /\/clock lacks "stepMs"/, /above 0/],
    ['a step of 0 ms', { ...feedForward, clock: { onsetMs: 70, stepMs: 0 } }, '/clock/stepMs', /is 0/, /above 0/],
    [
      'an unknown clock',
      { ...feedForward, clock: { onset: 70 } },
      '/clock',
      /is \{"onset":70\}/,
      /\{ onsetMs, stepMs, firstStep\? \} \| \{ windowsMs, firstStep\? \}/,
    ],
    [
      'two clocks in one',
      { ...feedForward, clock: { onsetMs: 7, windowsMs: [] } },
      '/clock/onsetMs',
      /unknown "onsetMs"/,
      /windowsMs, firstStep/,
    ],
    [
      'a readout without its output',
      { ...feedForward, readout: { labels: ['a', 'b'] } },
      '/readout',
      /labels/,
      /\{ outputs, labels \}/,
    ],
    ['no means', input({ mean: [] }), '/input/mean', /is \[\]/, /a list of 1 to 3 numbers/],
    [
      'an output without a name',
      { ...feedForward, regions: { IT: { output: '' } } },
      '/regions/IT/output',
      /is ""/,
      /text of 1 to 512 characters/,
    ],
    ['a clock of another type', { ...feedForward, clock: 70 }, '/clock', /is 70/, /onsetMs, stepMs.*windowsMs/],
    [
      'a window of three',
      { ...feedForward, clock: { windowsMs: [[1, 2, 3]] } },
      '/clock/windowsMs/0',
      /\[1,2,3\]/,
      /\[/,
    ],
    [
      'an empty window',
      { ...feedForward, clock: { windowsMs: [[70, 70]] } },
      '/clock/windowsMs/0',
      /no length/,
      /end above/,
    ],
    [
      'windows out of order',
      {
        ...feedForward,
        clock: {
          windowsMs: [
            [90, 100],
            [70, 80],
          ],
        },
        regions: { IT: { outputs: ['a', 'b'] } },
      },
      '/clock/windowsMs/1',
      /starts at 70 ms, before/,
      /order of time/,
    ],
    [
      'fewer windows than steps',
      { ...feedForward, clock: { windowsMs: [[70, 80]] }, regions: { IT: { outputs: ['a', 'b'] } } },
      '/clock/windowsMs',
      /1 windows.*2 steps/,
      /one window a step/,
    ],
    [
      'a first step past the last',
      { ...feedForward, clock: { ...clock, firstStep: 2 }, regions: { IT: { outputs: ['a', 'b'] } } },
      '/clock/firstStep',
      /2 steps/,
      /count from 0/,
    ],
    [
      'both forms of a region',
      { ...feedForward, regions: { IT: { output: 'a', outputs: ['b'] } } },
      '/regions/IT',
      /"output":"a","outputs":\["b"\]/,
      /\{ outputs \} \| \{ output, stepAxis\?, cumulative\? \}/,
    ],
    [
      'a region that is a name',
      { ...feedForward, regions: { IT: 'it' } },
      '/regions/IT',
      /"it"/,
      /\{ outputs \} .*\{ output,/,
    ],
    [
      'an unknown region',
      { ...feedForward, regions: { IT: { output: 'a' }, MT: { output: 'b' } } },
      '/regions/MT',
      /"MT"/,
      /V1, V2, V4, IT/,
    ],
    [
      'a step axis as text',
      { ...feedForward, regions: { IT: { output: 'a', stepAxis: '1' } } },
      '/regions/IT/stepAxis',
      /"1"/,
      /whole number/,
    ],
    [
      'state without steps',
      { ...feedForward, clock, state: [{ input: 'h', output: 'g' }] },
      '/steps',
      /lacks "steps"/,
      /how often/,
    ],
    ['steps without state', { ...feedForward, clock, steps: 3 }, '/state', /lacks "state"/, /carries/],
    [
      'one state input twice',
      {
        ...feedForward,
        clock,
        steps: 3,
        state: [
          { input: 'h', output: 'a' },
          { input: 'h', output: 'b' },
        ],
      },
      '/state/1/input',
      /named twice/,
      /once/,
    ],
    [
      'a stateful model with several outputs a region',
      {
        ...feedForward,
        clock,
        steps: 3,
        state: [{ input: 'h', output: 'a' }],
        regions: { IT: { outputs: ['x', 'y'] } },
      },
      '/regions/IT',
      /host loops? 3|host loop 3/,
      /one output/,
    ],
    [
      'axes in another order',
      { ...activations, regions: { IT: { file: 'it.npy', axes: ['feature', 'stimulus'] } } },
      '/regions/IT/axes',
      /"feature"/,
      /\["step", "stimulus", "feature"\]/,
    ],
    [
      'a file outside the upload',
      { ...activations, regions: { IT: { file: '../it.npy', axes: ['stimulus', 'feature'] } } },
      '/regions/IT/file',
      /\.\./,
      /name of an uploaded .npy file/,
    ],
    [
      'an input of activations',
      { ...activations, input: feedForward.input },
      '/input',
      /unknown "input"/,
      /stimuli, regions/,
    ],
  ])('%s', (_, value, field, detail, remedy) => {
    const error = refused(value);
    expect(error).toMatchObject({ code: 'invalid_manifest', field });
    expect(error.message).toMatch(detail);
    expect(error.remedy).toMatch(remedy);
  });

  test('a key with a slash is escaped in the pointer', () => {
    expect(refused({ ...feedForward, 'a/b~c': 1 }).field).toBe('/a~1b~0c');
  });

  test.each(['architecture'])('the kind %s is for later', (kind) => {
    expect(refused({ manifestVersion: 1, kind })).toMatchObject({ code: 'kind_not_supported', field: '/kind' });
  });

  test('a member called __proto__ is an unknown field', () => {
    const error = refused(JSON.parse(JSON.stringify(feedForward).replace('{', '{"__proto__":{"x":1},')));
    expect(error.field).toBe('/__proto__');
  });
});
