/** Logistic or linear regression: what a more complicated model must beat. */
import { type ConfigOf, z } from '../core/config.ts';
import { createRng, type Rng } from '../core/rng.ts';
import { createKernels } from '../networks/create-kernels.ts';
import type { Kernels } from '../networks/kernels.ts';
import { defineModel, type ModelShape } from './model.ts';
import { createBodyAndHead, loadNetworkModel, trainNetworkModel } from './network-model.ts';
import { networkTrainingConfig } from './network-training.ts';

const linearConfig = networkTrainingConfig.extend({
  window: z.number().int().min(1).max(10_000).default(1).describe('bars whose columns the model reads, ≥ 1'),
  learningRate: z.number().positive().max(1).default(0.01).describe('step size of Adam, in (0, 1]'),
});

export const linear = defineModel({
  name: 'linear',
  description:
    'Logistic regression (classes) or linear regression (values) on a window of bars: the baseline',
  config: linearConfig,
  scales: true,
  acceptsMissing: false,
  window: ({ window }) => window,
  train(context, config) {
    const kernels = createKernels(context.kernels);
    const network = build(kernels, context.shape, config, context.rng.fork('weights'));
    const outputs = context.shape.task === 'classification' ? 'logits' : 'values';
    return trainNetworkModel(kernels, network, outputs, context, config);
  },
  load(shape, state, config) {
    const network = build(createKernels(), shape, config, createRng(0));
    return loadNetworkModel(network, shape.task === 'classification' ? 'logits' : 'values', shape, state);
  },
});

function build(
  kernels: Kernels,
  { columns, classNames }: ModelShape,
  { window }: ConfigOf<typeof linearConfig>,
  rng: Rng,
) {
  const numOutputs = Math.max(1, classNames.length);
  return createBodyAndHead(kernels, undefined, window * columns.length, numOutputs, 0, rng);
}
