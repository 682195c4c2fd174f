/** Turns a network into a predictor: regression in units of the target's deviation, classes by softmax. */
import { StorageError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { createNetwork, type Layer } from '../../networks/layers/layer.ts';
import { createMlp } from '../../networks/layers/mlp.ts';
import type { ModelShape, Predictor, PredictorState, TrainingContext } from '../model.ts';
import {
  fitNetwork,
  type NetworkTrainingConfig,
  type OutputKind,
  softmaxInto,
  type Trainable,
} from './network-training.ts';

/** Mean and deviation of the targets; 0 and 1 for classes. */
interface TargetScale {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * A body, where there is one, dropout on what it gives, and a linear head.
 * @param body undefined: the head reads the inputs themselves
 */
export function createBodyAndHead(
  kernels: Kernels,
  body: Layer | undefined,
  inputDim: number,
  numOutputs: number,
  dropoutRate: number,
  rng: Rng,
): Trainable {
  const trunk = body === undefined ? undefined : createNetwork(kernels, body);
  const headDim = trunk?.outputDim ?? inputDim;
  const head = createMlp(kernels, {
    inputDim: headDim,
    hidden: [],
    outputDim: numOutputs,
    activation: 'tanh',
    outputScale: trunk === undefined ? 0.01 : 1,
    init: 'orthogonal',
    rng,
  });
  const keep = 1 - dropoutRate;
  let mask = new Float32Array(0);
  let batch = 0;
  const applyMask = (values: Float32Array): void => {
    for (let i = 0; i < batch * headDim; i++) values[i] *= mask[i];
  };
  return {
    blocks: trunk === undefined ? [head] : [trunk, head],
    inputDim,
    forward: (inputs, rows) => head.forward(trunk === undefined ? inputs : trunk.forward(inputs, rows), rows),
    forwardWithDropout(inputs, rows, chance) {
      batch = rows;
      const hidden = trunk === undefined ? inputs : trunk.forward(inputs, rows);
      if (dropoutRate > 0) {
        if (mask.length < rows * headDim) mask = new Float32Array(rows * headDim);
        // Inverted dropout: what is kept is scaled up, so that prediction needs no correction.
        for (let i = 0; i < rows * headDim; i++) mask[i] = chance.uniform() < keep ? 1 / keep : 0;
        kernels.settle();
        applyMask(hidden);
      }
      const y = head.forward(hidden, rows);
      kernels.settle();
      return y;
    },
    backward(outputGradients) {
      head.backward(outputGradients);
      if (trunk === undefined) return;
      const dh = head.inputGradients();
      if (dropoutRate > 0) {
        kernels.settle();
        applyMask(dh);
      }
      trunk.backward(dh);
    },
  };
}

/** Fits the network and makes it a predictor. */
export function trainNetworkModel(
  kernels: Kernels,
  network: Trainable,
  outputs: OutputKind,
  context: TrainingContext,
  config: NetworkTrainingConfig,
): Predictor {
  const scale = targetScale(context);
  const standardized =
    outputs === 'values'
      ? {
          ...context,
          fit: standardize(context.fit, scale),
          validation: context.validation && standardize(context.validation, scale),
        }
      : context;
  const summary = fitNetwork(kernels, network, outputs, standardized, config);
  return createNetworkPredictor(network, outputs, context.shape, scale, summary);
}

/** @throws StorageError `snapshot-mismatch` for weights of another size */
export function loadNetworkModel(
  network: Trainable,
  outputs: OutputKind,
  shape: ModelShape,
  { arrays, values }: PredictorState,
): Predictor {
  network.blocks.forEach(({ parameters }, i) => {
    const saved = arrays[`parameters/${i}`];
    if (!(saved instanceof Float32Array) || saved.length !== parameters.length) {
      throw new StorageError(
        'snapshot-mismatch',
        `The saved weights "parameters/${i}" have ${saved?.length ?? 'no'} numbers, ${parameters.length} are needed.`,
      );
    }
    requireFiniteWeights(saved);
    parameters.set(saved);
  });
  const { summary, targetMean, targetDeviation } = values;
  if (typeof targetMean !== 'number' || typeof targetDeviation !== 'number') {
    throw new StorageError('snapshot-mismatch', 'The saved model lacks the scale of its targets.');
  }
  const scale = { mean: targetMean, deviation: targetDeviation };
  return createNetworkPredictor(network, outputs, shape, scale, (summary ?? {}) as Record<string, number>);
}

export function createNetworkPredictor(
  network: Trainable,
  outputs: OutputKind,
  { classNames }: ModelShape,
  scale: TargetScale,
  summary: Readonly<Record<string, number>>,
): Predictor {
  const numOutputs = Math.max(1, classNames.length);
  let predicted = new Float64Array(numOutputs);
  return {
    summary,
    predict(inputs, batch) {
      const length = batch * numOutputs;
      if (predicted.length < length) predicted = new Float64Array(length);
      const y = network.forward(inputs, batch);
      for (let b = 0; b < batch; b++) {
        const offset = b * numOutputs;
        if (outputs === 'logits') softmaxInto(predicted, offset, y, offset, numOutputs);
        else
          for (let k = 0; k < numOutputs; k++)
            predicted[offset + k] = y[offset + k] * scale.deviation + scale.mean;
      }
      return predicted;
    },
    save: () => ({
      arrays: Object.fromEntries(
        network.blocks.map(({ parameters }, i) => [`parameters/${i}`, new Float32Array(parameters)]),
      ),
      values: {
        targetMean: scale.mean,
        targetDeviation: scale.deviation,
        summary: Object.fromEntries(Object.entries(summary).filter(([, value]) => Number.isFinite(value))),
      },
      files: {},
    }),
  };
}

/** @throws StorageError `corrupt` */
export function requireFiniteWeights(weights: ArrayLike<number>): void {
  for (let i = 0; i < weights.length; i++) {
    if (Number.isFinite(weights[i])) continue;
    throw new StorageError(
      'corrupt',
      `Weight ${i} of the saved model is ${weights[i]}; the file is damaged.`,
    );
  }
}

function targetScale({ shape, fit }: TrainingContext): TargetScale {
  if (shape.task === 'classification') return { mean: 0, deviation: 1 };
  let [sum, squares, total] = [0, 0, 0];
  fit.targets.forEach((target, i) => {
    sum += fit.weights[i] * target;
    total += fit.weights[i];
  });
  const mean = sum / total;
  fit.targets.forEach((target, i) => {
    squares += fit.weights[i] * (target - mean) * (target - mean);
  });
  const deviation = Math.sqrt(squares / total);
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}

function standardize(part: TrainingContext['fit'], { mean, deviation }: TargetScale): TrainingContext['fit'] {
  return { ...part, targets: part.targets.map((target) => (target - mean) / deviation) };
}
