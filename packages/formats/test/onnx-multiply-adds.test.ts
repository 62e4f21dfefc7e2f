import { readFileSync } from 'node:fs';
import type { OnnxManifest } from '@corescore/contracts';
import { onnxCost } from '@corescore/onnx';
import { describe, expect, test } from 'vitest';
import { checkNetwork } from '../src/index.js';
import { temporaryFolder } from './support/files.js';
import { feedForward } from './support/manifests.js';
import { type ModelSpec, model, type NodeSpec, smallNetwork, type TensorSpec } from './support/onnx-writer.js';
import { resnet } from './support/resnet.js';

const { put } = temporaryFolder();
const sized = (side: number): OnnxManifest => ({ ...feedForward, input: { ...feedForward.input, size: [side, side] } });
const costOf = (spec: ModelSpec, manifest = sized(8)) =>
  onnxCost(manifest, { 'model.onnx': put('model.onnx', model(spec)) });
/** A network of these nodes behind `image` [batch][3][8][8]. */
const network = (nodes: NodeSpec[], initializers: TensorSpec[] = []) => smallNetwork({ nodes, initializers });
const weight = (name: string, ...dims: number[]): TensorSpec => ({
  ...{ name, dims },
  values: Array.from({ length: dims.reduce((product, size) => product * size, 1) }, () => 1),
});
const int64 = (name: string, values: number[]): TensorSpec => ({ name, type: 7, dims: [values.length], values });

const DATA = new URL('../../benchmarks/data/models/', import.meta.url);
const bundled = (name: string) => {
  const files = { 'model.onnx': new URL(`${name}.onnx`, DATA).pathname };
  return checkNetwork(JSON.parse(readFileSync(new URL(`${name}.json`, DATA), 'utf8')) as OnnxManifest, files);
};

/** Products of a convolution: places x output channels x input channels x kernel. */
const conv = (side: number, to: number, from: number, kernel: number) => side ** 2 * to * from * kernel ** 2;
/** The four areas of the bundled networks: 64 x 64 pixels, halved by the first stride and by each pool. */
const sweep = [conv(32, 16, 1, 5), conv(16, 24, 16, 3), conv(8, 48, 24, 3), conv(4, 64, 48, 3)] as const;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const lateral = [conv(16, 24, 24, 3), conv(8, 48, 48, 3), conv(4, 64, 64, 3)];
const READOUT = 64 * 10;

describe('multiply-adds of the bundled networks, in closed form', () => {
  test('feed-forward: one sweep', async () => {
    const facts = await bundled('ff-64');
    expect(facts.multiplyAdds).toBe(sum(sweep) + READOUT);
    expect(facts.parameterBytes).toBe(4 * facts.parameters);
    expect(facts.outputs).toContain('it');
    expect(facts.innerNames).not.toContain('it');
    expect(facts.innerNames.length).toBeGreaterThan(10);
  });

  test.each(['bl-64', 'bl-64-stepaxis'])(
    '%s, unrolled: what does not change with time is written once',
    async (name) => {
      const [v1, v2, v4, it] = sweep;
      const { multiplyAdds } = await bundled(name);
      expect(multiplyAdds).toBe(v1 + v2 + 5 * (v4 + it) + 4 * sum(lateral) + 5 * READOUT);
    },
  );

  test('stateful: all of it as often as the host makes a step', async () => {
    const { multiplyAdds } = await bundled('bl-64-stateful');
    expect(multiplyAdds).toBe(5 * (sum(sweep) + sum(lateral) + READOUT));
  });
});

/**
 * At 224 x 224 the literature gives 1.8 G for ResNet-18 and 4.1 G for ResNet-50. The exact numbers are those of
 * torchvision 0.29's models with random weights, through torch.onnx.export (TorchScript and torch.export alike), counted
 * from the shapes of all tensors as ONNX Runtime made them; AlexNet, DenseNet-121, GoogLeNet, Inception-v3, MobileNet-v2,
 * SqueezeNet and ViT-B/16 (torch.export) agreed to the last digit too.
 */
test.each([
  [18, 1_814_073_344],
  [50, 4_089_184_256],
] as const)('ResNet-%i has %i', async (depth, multiplyAdds) => {
  const cost = await costOf(resnet(depth), sized(224));
  expect(cost.multiplyAdds).toBe(multiplyAdds);
  expect(cost.valuesPerImage.get('pool')).toBe(depth === 18 ? 512 : 2048);
});

describe('operators', () => {
  const cases: [string, ModelSpec, number][] = [
    [
      'a transposed convolution: each value that goes in',
      network([{ op: 'ConvTranspose', inputs: ['image', 'w'], outputs: ['it'] }], [weight('w', 3, 5, 4, 4)]),
      8 * 8 * 3 * 5 * 16,
    ],
    [
      'a dilated convolution in groups',
      network(
        [
          {
            op: 'Conv',
            inputs: ['image', 'w'],
            outputs: ['it'],
            attributes: [{ name: 'dilations', ints: [2, 2] }],
          },
        ],
        [weight('w', 6, 1, 3, 3)],
      ),
      4 * 4 * 6 * 9,
    ],
    [
      'a product behind arithmetic of shapes, as exporters write it',
      network(
        [
          { op: 'Shape', inputs: ['image'], outputs: ['sizes'] },
          { op: 'Gather', inputs: ['sizes', 'first'], outputs: ['n'] },
          { op: 'Concat', inputs: ['n', 'rest'], outputs: ['wanted'] },
          { op: 'Reshape', inputs: ['image', 'wanted'], outputs: ['flat'] },
          { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['it'] },
        ],
        [int64('first', [0]), int64('rest', [-1]), weight('w', 192, 7)],
      ),
      192 * 7,
    ],
    [
      'a product of two tensors of the image',
      network([{ op: 'MatMul', inputs: ['image', 'image'], outputs: ['it'] }]),
      3 * 8 * 8 * 8,
    ],
  ];
  test.each(cases)('%s', async (_, spec, expected) => {
    expect((await costOf(spec)).multiplyAdds).toBe(expected);
  });

  test('a fixed batch is of several images', async () => {
    const fixed = smallNetwork({ inputs: [{ name: 'image', shape: [4, 3, 8, 8] }] });
    const free = await costOf(smallNetwork());
    const { multiplyAdds, valuesPerImage } = free;
    expect(await costOf(fixed)).toMatchObject({ multiplyAdds, valuesPerImage });
    expect(free.multiplyAdds).toBe(10 * 10 * 2 * 3);
    expect(free.valuesPerImage.get('conv')).toBe(200);
  });
});

describe('not known', () => {
  const unknown: [string, ModelSpec][] = [
    [
      'behind an operator that is not followed',
      network(
        [
          { op: 'NonZero', inputs: ['image'], outputs: ['places'] },
          { op: 'MatMul', inputs: ['places', 'w'], outputs: ['it'] },
        ],
        [weight('w', 4, 4)],
      ),
    ],
    ['a recurrent cell', network([{ op: 'LSTM', inputs: ['image'], outputs: ['it'] }])],
    ['a fused operator', network([{ op: 'FusedMatMul', domain: 'com.microsoft', inputs: ['image'], outputs: ['it'] }])],
    [
      'a product in a branch',
      network([
        {
          op: 'If',
          inputs: ['image'],
          outputs: ['it'],
          attributes: [
            {
              name: 'then_branch',
              graph: {
                nodes: [{ op: 'MatMul', inputs: ['image', 'image'], outputs: ['y'] }],
                outputs: [{ name: 'y' }],
              },
            },
          ],
        },
      ]),
    ],
    [
      'strides of nothing',
      network(
        [{ op: 'Conv', inputs: ['image', 'w'], outputs: ['it'], attributes: [{ name: 'strides', ints: [0, 0] }] }],
        [weight('w', 2, 3, 1, 1)],
      ),
    ],
  ];
  test.each(unknown)('%s', async (_, spec) => {
    expect((await costOf(spec)).multiplyAdds).toBeNull();
  });

  test('what the graph declares of an output stands in for its shape', async () => {
    const stops = network([{ op: 'NonZero', inputs: ['image'], outputs: ['it'] }]);
    const declared = async (shape: (number | string)[]) =>
      (await costOf({ ...stops, outputs: [{ name: 'it', shape }] })).valuesPerImage.get('it');
    expect(await declared(['batch', 5, 7])).toBe(35);
    expect(await declared(['batch', 'many'])).toBeUndefined();
  });
});
