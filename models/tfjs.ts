/**
 * Makes a user's own TensorFlow.js `LayersModel` a kind of model: fitted, calibrated and saved as the built-in
 * networks.
 */
import { type ConfigOf, z } from '../core/config.ts';
import { ConfigError, StorageError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { createKernels } from '../networks/kernels/create.ts';
import type { Kernels } from '../networks/kernels/kernels.ts';
import { createTfjsNetwork } from '../networks/tfjs.ts';
import type { LayersModel, TensorFlow } from '../networks/tfjs-backend.ts';
import {
  defineModel,
  type ModelPlugin,
  type ModelShape,
  type Predictor,
  type PredictorState,
} from './model.ts';
import { loadNetworkModel, requireFiniteWeights, trainNetworkModel } from './recurrent/network-model.ts';
import { networkTrainingConfig, type OutputKind, type Trainable } from './recurrent/network-training.ts';

const FILE = 'topology.json';

const tfjsConfig = networkTrainingConfig.extend({
  window: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(1)
    .describe(
      'bars the model reads; its input is [null, window, columns], or any shape of as many numbers, ≥ 1',
    ),
  topology: z
    .string()
    .default('')
    .describe('the model as JSON, as `model.toJSON()` gives it; empty: the model handed to `createTfjsKind`'),
});

/**
 * The model gives a number a class: probabilities where its last layer ends in softmax, otherwise logits; or one value.
 * It is never changed itself: each training starts from a copy, with the weights it has, or, where only a topology is
 * given, with weights drawn by its initializers from the training's seed. Dropout and noise layers do nothing, as in
 * every network of the adapter. Saved are topology and weights: data, no code.
 * @param tf from `loadTensorFlow` or the program's own import
 * @param model absent: the configuration's topology
 */
export function createTfjsKind(tf: TensorFlow, model?: LayersModel): ModelPlugin<typeof tfjsConfig> {
  return defineModel({
    name: 'tfjs',
    description: "A user's own TensorFlow.js model",
    config: tfjsConfig,
    scales: true,
    acceptsMissing: false,
    window: ({ window }) => window,

    async train(context, config) {
      const topology = config.topology !== '' ? config.topology : topologyOf(model);
      const copy = await build(tf, topology, context.rng.fork('weights'));
      if (model !== undefined && config.topology === '') copy.setWeights(model.getWeights());
      const kernels = createKernels(context.kernels);
      const { network, outputs } = asTrainable(kernels, tf, copy, topology, context.shape, config);
      const predictor = trainNetworkModel(kernels, network, outputs, context, config);
      return withTopology(predictor, network, copy, topology);
    },

    async load(shape, state, config) {
      const topology = state.files[FILE];
      if (topology === undefined)
        throw new StorageError('corrupt', `The saved model lacks its file "${FILE}".`);
      const copy = await build(tf, topology);
      restoreFrozen(tf, copy, state);
      const { network, outputs } = asTrainable(createKernels(), tf, copy, topology, shape, config);
      return withTopology(loadNetworkModel(network, outputs, shape, state), network, copy, topology);
    },
  });
}

interface TfjsTrainable extends Trainable {
  updateModel(): void;
}

function asTrainable(
  kernels: Kernels,
  tf: TensorFlow,
  model: LayersModel,
  topology: string,
  { task, columns, classNames }: ModelShape,
  { window }: ConfigOf<typeof tfjsConfig>,
): { network: TfjsTrainable; outputs: OutputKind } {
  const needed = { inputDim: window * columns.length, outputDim: Math.max(1, classNames.length) };
  const network = createTfjsNetwork(kernels, tf, model, needed);
  const forward = (inputs: Float32Array, batch: number): Float32Array => network.forward(inputs, batch);
  const outputs = task === 'regression' ? 'values' : endsInSoftmax(topology) ? 'probabilities' : 'logits';
  return {
    network: {
      blocks: [network],
      inputDim: network.inputDim,
      forward,
      forwardWithDropout: forward,
      backward: (outputGradients) => network.backward(outputGradients),
      updateModel: () => network.updateModel(),
    },
    outputs,
  };
}

/** Adds to what is saved: the topology, and the weights that are not trained. */
function withTopology(
  predictor: Predictor,
  network: TfjsTrainable,
  model: LayersModel,
  topology: string,
): Predictor {
  return {
    ...predictor,
    save() {
      network.updateModel();
      const { arrays, values } = predictor.save();
      const frozen = model.nonTrainableWeights.map((weight, i): [string, Float32Array] => [
        `frozen/${i}`,
        Float32Array.from(weight.read().dataSync()),
      ]);
      return { arrays: { ...arrays, ...Object.fromEntries(frozen) }, values, files: { [FILE]: topology } };
    },
  };
}

function restoreFrozen(tf: TensorFlow, model: LayersModel, { arrays }: PredictorState): void {
  model.nonTrainableWeights.forEach((weight, i) => {
    const saved = arrays[`frozen/${i}`];
    const { shape } = weight;
    const size = shape.reduce<number>((product, dim) => product * (dim ?? 1), 1);
    if (saved?.length !== size) {
      throw new StorageError(
        'snapshot-mismatch',
        `The saved weights "frozen/${i}" have ${saved?.length ?? 'no'} numbers, ${size} are needed.`,
      );
    }
    requireFiniteWeights(saved);
    tf.tidy(() => {
      weight.write(tf.tensor(saved as Float32Array, shape as number[]));
    });
  });
}

function topologyOf(model: LayersModel | undefined): string {
  if (model !== undefined) return JSON.stringify(model.toJSON(null, false));
  throw new ConfigError(
    'topology-missing',
    'A model of kind tfjs needs a LayersModel, or its JSON as "topology".',
  );
}

/**
 * @param rng gives every initializer without a seed one of its own; absent: the weights are about to be written
 * @throws ConfigError `invalid-topology`
 */
async function build(tf: TensorFlow, topology: string, rng?: Rng): Promise<LayersModel> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(topology);
    if (rng !== undefined) seedInitializers(parsed, rng);
    return await tf.models.modelFromJSON(parsed as Parameters<typeof tf.models.modelFromJSON>[0]);
  } catch (cause) {
    const [reason] = String(cause instanceof Error ? cause.message : cause).split('\n');
    throw new ConfigError(
      'invalid-topology',
      `The topology is no LayersModel of TensorFlow.js: ${reason} Write it with model.toJSON().`,
      {
        cause,
      },
    );
  }
}

/** tfjs would draw from Math.random; with seeds the same training gives the same weights. */
function seedInitializers(node: unknown, rng: Rng): void {
  if (typeof node !== 'object' || node === null) return;
  const fields = node as Record<string, unknown>;
  for (const [key, value] of Object.entries(fields)) {
    if (key === 'seed' && value === null) fields.seed = rng.integer(0x8000_0000);
    else seedInitializers(value, rng);
  }
}

function endsInSoftmax(topology: string): boolean {
  const { config, model_config: wrapped } = JSON.parse(topology) as {
    config?: { layers?: LayerJson[] };
    model_config?: { config?: { layers?: LayerJson[] } };
  };
  const layers = (wrapped?.config ?? config)?.layers ?? [];
  const last = layers.at(-1);
  return last?.class_name === 'Softmax' || last?.config?.activation === 'softmax';
}

interface LayerJson {
  readonly class_name?: string;
  readonly config?: { readonly activation?: string };
}
