/** Builds the network of the LSTM and GRU kinds: a recurrent layer over a window, dropout, a linear head. */
import { z } from '../../core/config.ts';
import { recurrentWindowLayer } from '../../networks/layers/recurrent-window.ts';
import { defineNetworkModel } from './network-kind.ts';
import { createBodyAndHead } from './network-model.ts';
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
  return defineNetworkModel({
    name: cell,
    description,
    config: recurrentConfig,
    window: ({ window }) => window,
    build(kernels, inputDim, numOutputs, { window, hidden, dropout }, rng) {
      const body = recurrentWindowLayer({
        cell,
        window,
        inputDim,
        hiddenDim: hidden,
        init: 'orthogonal',
        rng,
      });
      return createBodyAndHead(kernels, body, window * inputDim, numOutputs, dropout, rng);
    },
  });
}
