import type { Shaped } from '../../src/ops/ops.js';
import { type Given, groupNorm, type Runner } from './runner.js';

type Operator = <T extends Shaped>(given: Given<T>, x: T) => T;

const conv: Operator = ({ ops, t, attrs }, x) => ops.conv(x, t('w'), attrs);
const convTransposed: Operator = ({ ops, t, attrs }, x) =>
  ops.convTransposed(x, t('w'), { ...attrs, size: attrs['outHW'] as [number, number] });
const maxPool: Operator = ({ ops, attrs }, x) => ops.maxPool(x, attrs['size'] as number, attrs);

const OPERATORS: Record<string, Operator> = {
  conv_k3_s1_same: conv,
  conv_k3_s2_same_even: conv,
  conv_k3_s2_same_odd: conv,
  conv_k3_s2_pad1_even: conv,
  conv_k2_s1_same: conv,
  conv_k4_s2_same: conv,
  conv_k7_s4_same: conv,
  convT_k3_s2_same: convTransposed,
  convT_k3_s1_same: convTransposed,
  convT_k7_s4_same: convTransposed,
  maxpool_k2_s2: maxPool,
  maxpool_k3_s2_same_even: maxPool,
  maxpool_k3_s2_pad1_even: maxPool,
  upsample_nearest_x2: ({ ops }, x) => ops.nearestTwice(x),
  upsample_bilinear_x2: ({ ops }, x) => ops.bilinearTwice(x),
  group_norm: (given, x) => groupNorm(given)(x),
  batch_norm_inference: ({ ops, t }, x) =>
    ops.batchNorm(x, { gamma: t('gamma'), beta: t('beta') }, { mean: t('mean'), variance: t('var') }),
  lrn: ({ ops, attrs }, x) => ops.localResponseNorm(x, attrs as never),
  act_hard_sigmoid: ({ ops }, x) => ops.hardSigmoid(x),
  act_sigmoid: ({ ops }, x) => ops.sigmoid(x),
  act_elu: ({ ops }, x) => ops.elu(x),
  act_tanh: ({ ops }, x) => ops.tanh(x),
  readout: ({ ops, t }, x) => ops.dense(ops.spatialMean(x), t('W'), t('b')),
};

export const operatorRunners: Record<string, Runner> = Object.fromEntries(
  Object.entries(OPERATORS).map(([id, operator]) => [
    `op.${id}`,
    <T extends Shaped>(given: Given<T>) => [{ y: operator(given, given.t('x')) }],
  ]),
);
