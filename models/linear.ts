/** Fits logistic or linear regression: the model that a more complicated one must beat. */
import { z } from '../core/config.ts';
import { defineNetworkModel } from './recurrent/network-kind.ts';
import { createBodyAndHead } from './recurrent/network-model.ts';
import { networkTrainingConfig } from './recurrent/network-training.ts';

export const linear = defineNetworkModel({
  name: 'linear',
  description:
    'Logistic regression (classes) or linear regression (values) on a window of bars: the baseline',
  config: networkTrainingConfig.extend({
    window: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(1)
      .describe('bars whose columns the model reads, ≥ 1'),
    learningRate: z.number().positive().max(1).default(0.01).describe('step size of Adam, in (0, 1]'),
  }),
  window: ({ window }) => window,
  build: (kernels, numColumns, numOutputs, { window }, rng) =>
    createBodyAndHead(kernels, undefined, window * numColumns, numOutputs, 0, rng),
});
