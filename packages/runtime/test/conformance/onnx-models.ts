import { tapBytes } from '../../src/tap.js';
import { graph, image, leakySum, plain, SIDE, stepNames, unrolled } from '../models.js';
import { DOUBLE, FLOAT, FLOAT16, type Graph, INT32, INT64, type Node, onnxFile, UINT8 } from '../onnx-writer.js';
import type { ModelName } from './cases.js';
import { biases, kernel, RECURRENT } from './reference-net.js';

/** The suite's models as ONNX files. */
export function onnxModel(name: ModelName, taps: readonly string[]): Record<string, Uint8Array> {
  return { 'model.onnx': Buffer.concat([onnxFile(graphOf(name)), tapBytes(taps)]) };
}

function graphOf(name: ModelName): Graph {
  switch (name) {
    case 'mean':
      return plain;
    case 'mean-nhwc': {
      const pool: Node = { op: 'ReduceMean', in: ['image'], out: ['pooled'], with: { axes: { ints: [1, 2] } } };
      return {
        ...plain,
        inputs: [{ name: 'image', dims: ['batch', SIDE, SIDE, 3] }],
        nodes: [pool, ...plain.nodes.slice(1)],
      };
    }
    case 'mean-fixed-batch':
      return { ...plain, inputs: [image(4)], outputs: [{ name: 'it', dims: [4, 3] }] };
    case 'mean-float16':
      return typed(FLOAT16);
    case 'mean-float64':
      return typed(DOUBLE);
    case 'mean-uint8':
      return wholeIn(UINT8);
    case 'mean-int32':
      return wholeIn(INT32);
    case 'mean-int64':
      return wholeIn(INT64);
    case 'mean-integer':
      return graph([{ op: 'Cast', in: ['mean'], out: ['it'], with: { to: { int: INT64 } } }], {
        outputs: [{ name: 'it', type: INT64, dims: ['batch', 3] }],
      });
    case 'steps':
      return unrolled(3);
    case 'step-axis-0':
    case 'step-axis-1':
    case 'step-axis-2':
      return stacked(Number(name.at(-1)));
    case 'leaky':
      return leakySum();
    case 'recurrent':
      return recurrent(RECURRENT.steps);
    case 'recurrent-stateful':
      return recurrent(null);
  }
}

const typed = (type: number): Graph => ({
  ...plain,
  inputs: [image('batch', type)],
  outputs: [{ name: 'it', type, dims: ['batch', 3] }],
});

function wholeIn(type: number): Graph {
  const cast: Node = { op: 'Cast', in: ['image'], out: ['float'], with: { to: { int: FLOAT } } };
  const [pool, ...rest] = plain.nodes;
  return { ...plain, inputs: [image('batch', type)], nodes: [cast, { ...pool!, in: ['float'] }, ...rest] };
}

/** The mean and its double, stacked along a new axis. */
function stacked(axis: number): Graph {
  const model = graph(
    [
      { op: 'Mul', in: ['mean', 'two'], out: ['double'] },
      { op: 'Unsqueeze', in: ['mean', 'axis'], out: ['a'] },
      { op: 'Unsqueeze', in: ['double', 'axis'], out: ['b'] },
      { op: 'Concat', in: ['a', 'b'], out: ['it'], with: { axis: { int: axis } } },
    ],
    { scalars: { two: 2 }, outputs: [{ name: 'it', dims: ['a', 'b', 'c'] }] },
  );
  model.constants!.push({ name: 'axis', dims: [1], values: [axis], type: INT64 });
  return model;
}

/** @param steps unrolled; null for the one-step network whose state the host carries */
function recurrent(steps: number | null): Graph {
  const { channels } = RECURRENT;
  const conv = (from: string, weights: string, to: string): Node => ({
    op: 'Conv',
    in: weights === 'feedforward' ? [from, weights, 'bias'] : [from, weights],
    out: [to],
    with: { pads: { ints: [1, 1, 1, 1] }, kernel_shape: { ints: [3, 3] } },
  });
  const nodes: Node[] = [conv('image', 'feedforward', 'drive')];
  const readOut = (h: string, it: string): void => {
    nodes.push({ op: 'ReduceMean', in: [h], out: [`${it}_pooled`], with: { axes: { ints: [2, 3] } } });
    nodes.push({ op: 'Flatten', in: [`${it}_pooled`], out: [it] });
  };
  const step = (before: string | null, h: string): void => {
    if (before === null) {
      nodes.push({ op: 'Relu', in: ['drive'], out: [h] });
      return;
    }
    nodes.push(conv(before, 'lateral', `${h}_lateral`));
    nodes.push({ op: 'Add', in: ['drive', `${h}_lateral`], out: [`${h}_sum`] });
    nodes.push({ op: 'Relu', in: [`${h}_sum`], out: [h] });
  };
  const constants = [
    { name: 'feedforward', dims: [channels, 3, 3, 3], values: kernel('feedforward', 'ocyx') },
    { name: 'lateral', dims: [channels, channels, 3, 3], values: kernel('lateral', 'ocyx') },
    { name: 'bias', dims: [channels], values: biases() },
  ];
  const state = (name: string) => ({ name, dims: ['batch', channels, SIDE, SIDE] });
  if (steps === null) {
    step('state_in', 'state_out');
    readOut('state_out', 'it');
    const outputs = [{ name: 'it', dims: ['batch', channels] }, state('state_out')];
    return { inputs: [image(), state('state_in')], outputs, nodes, constants };
  }
  for (let t = 0; t < steps; t++) {
    step(t === 0 ? null : `h_${t - 1}`, `h_${t}`);
    readOut(`h_${t}`, `it_t${t}`);
  }
  const outputs = stepNames(steps).map((name) => ({ name, dims: ['batch', channels] }));
  return { inputs: [image()], outputs, nodes, constants };
}
