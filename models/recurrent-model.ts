/** What the LSTM and GRU kinds have in common: a recurrent layer over a window, dropout, a linear head. */
import { type ConfigOf, z } from '../core/config.ts';
import { createRng, type Rng } from '../core/rng.ts';
import { createKernels } from '../networks/create-kernels.ts';
import type { Kernels } from '../networks/kernels.ts';
import { recurrentWindowLayer } from '../networks/recurrent-window.ts';
import { defineModel, type ModelShape } from './model.ts';
import { createBodyAndHead, loadNetworkModel, trainNetworkModel } from './network-model.ts';
import { networkTrainingConfig } from './network-training.ts';

const recurrentConfig = networkTrainingConfig.extend({
  window: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(32)
    .describe('bars the network reads, the present one included, ≥ 1'),
  hidden: z.number().int().min(1).max(4096).default(64).describe('units, ≥ 1'),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe('share of the units that is left out at random in training, in [0, 1)'),
});

export function defineRecurrentModel(cell: 'lstm' | 'gru', description: string) {
  return defineModel({
    name: cell,
    description,
    config: recurrentConfig,
    scales: true,
    acceptsMissing: false,
    window: ({ window }) => window,
    train(context, config) {
      const kernels = createKernels(context.kernels);
      const network = build(kernels, context.shape, config, context.rng.fork('weights'));
      return trainNetworkModel(kernels, network, outputsOf(context.shape), context, config);
    },
    load(shape, state, config) {
      const network = build(createKernels(), shape, config, createRng(0));
      return loadNetworkModel(network, outputsOf(shape), shape, state);
    },
  });

  function build(
    kernels: Kernels,
    { columns, classNames }: ModelShape,
    { window, hidden, dropout }: ConfigOf<typeof recurrentConfig>,
    rng: Rng,
  ) {
    const inputDim = columns.length;
    const body = recurrentWindowLayer({ cell, window, inputDim, hiddenDim: hidden, init: 'orthogonal', rng });
    return createBodyAndHead(kernels, body, window * inputDim, Math.max(1, classNames.length), dropout, rng);
  }
}

const outputsOf = ({ task }: ModelShape) => (task === 'classification' ? 'logits' : 'values');
