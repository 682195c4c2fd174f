/** Makes a kind of model of whatever builds a network. */
import type { ConfigOf } from '../../core/config.ts';
import { requireHeldWidths } from '../../core/held-widths.ts';
import { createRng, type Rng } from '../../core/rng.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { defineModel, type ModelPlugin, type ModelShape, type PredictorState } from '../model.ts';
import { loadNetworkModel, trainNetworkModel } from './network-model.ts';
import type { networkTrainingConfig, Trainable } from './network-training.ts';

/** The settings of fitting, a window, and whatever the kind adds. */
type NetworkSchema = typeof networkTrainingConfig;

export function defineNetworkModel<Schema extends NetworkSchema>(kind: {
  readonly name: string;
  readonly description: string;
  readonly config: Schema;
  /** Rows the network reads. */
  window(config: ConfigOf<Schema>): number;
  /** @param numOutputs one a class, or one value */
  build(
    kernels: Kernels,
    numColumns: number,
    numOutputs: number,
    config: ConfigOf<Schema>,
    rng: Rng,
  ): Trainable;
}): ModelPlugin<Schema> {
  const build = (kernels: Kernels, { columns, classNames }: ModelShape, config: ConfigOf<Schema>, rng: Rng) =>
    kind.build(kernels, columns.length, Math.max(1, classNames.length), config, rng);
  return defineModel<Schema>({
    name: kind.name,
    description: kind.description,
    config: kind.config,
    scales: true,
    acceptsMissing: false,
    window: (config) => kind.window(config),
    train(context, config) {
      const kernels = createKernels(context.kernels);
      const network = build(kernels, context.shape, config, context.rng.fork('weights'));
      return trainNetworkModel(kernels, network, outputsOf(context.shape), context, config);
    },
    load(shape, state, config) {
      requireHeldWidths(config, numbersOf(state), 'the model');
      // Whatever the initial weights, the saved ones take their place.
      const network = build(createKernels(), shape, config, createRng(0));
      return loadNetworkModel(network, outputsOf(shape), shape, state);
    },
  });
}

const numbersOf = ({ arrays }: PredictorState): number =>
  Object.values(arrays).reduce((sum, { length }) => sum + length, 0);

const outputsOf = ({ task }: ModelShape) => (task === 'classification' ? 'logits' : 'values');
