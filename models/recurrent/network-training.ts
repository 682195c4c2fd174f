/**
 * Fits a network to windows of a table: minibatches, weighted cross-entropy or squared error, Adam, early stopping.
 * The network with the lowest loss on the validation part is kept.
 */
import { type ConfigOf, z } from '../../core/config.ts';
import { TrainingError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { ParameterBlock } from '../../networks/network.ts';
import { clipGradientNorm, createAdam } from '../../networks/optimizer.ts';
import type { TrainingContext, TrainingPart } from '../model.ts';

/** The settings that all networks have. */
export const networkTrainingConfig = z.object({
  learningRate: z.number().positive().max(1).default(0.002).describe('step size of Adam, in (0, 1]'),
  weightDecay: z.number().min(0).max(1).default(0).describe('decoupled decay of the weights, in [0, 1]'),
  batchSize: z.number().int().min(1).default(64).describe('rows of a minibatch, ≥ 1'),
  maxEpochs: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(40)
    .describe('passes over the training rows at most'),
  patience: z
    .number()
    .int()
    .min(1)
    .default(6)
    .describe('epochs without a lower loss on the validation part after which training stops, ≥ 1'),
  gradientClip: z.number().positive().default(1).describe('largest norm of the gradients, > 0'),
});

export type NetworkTrainingConfig = ConfigOf<typeof networkTrainingConfig>;

/** What can be fitted. B rows, K outputs. */
export interface Trainable {
  readonly blocks: readonly ParameterBlock[];
  readonly inputDim: number;
  /** [B, K], a view: logits, probabilities or values. */
  forward(inputs: Float32Array, batch: number): Float32Array;
  /** The same with dropout, for training. */
  forwardWithDropout(inputs: Float32Array, batch: number, rng: Rng): Float32Array;
  /** @param outputGradients [B, K] of the last `forwardWithDropout` */
  backward(outputGradients: Float32Array): void;
}

/** What the outputs of a network are. */
export type OutputKind = 'logits' | 'probabilities' | 'values';

export interface FitSummary extends Record<string, number> {
  epochs: number;
  bestEpoch: number;
  trainingLoss: number;
  /** NaN without a validation part. */
  validationLoss: number;
}

const EVALUATION_BATCH = 256;

/** @throws TrainingError `non-finite-loss` naming the epoch */
export function fitNetwork(
  kernels: Kernels,
  network: Trainable,
  outputs: OutputKind,
  context: TrainingContext,
  config: NetworkTrainingConfig,
): FitSummary {
  const { table, fit, validation, rng, onProgress } = context;
  const numOutputs = Math.max(1, context.shape.classNames.length);
  const optimizer = createAdam(kernels, network.blocks, { weightDecay: config.weightDecay });
  const batchSize = Math.min(config.batchSize, fit.rows.length);
  const inputs = kernels.allocate(Math.max(batchSize, EVALUATION_BATCH) * network.inputDim);
  const gradients = kernels.allocate(batchSize * numOutputs);
  const probabilities = new Float64Array(numOutputs);
  const order = Int32Array.from(fit.rows, (_, i) => i);
  const shuffling = rng.fork('order');
  const dropout = rng.fork('dropout');

  const gather = (part: TrainingPart, index: (i: number) => number, count: number): void => {
    const { values, numColumns } = table;
    for (let b = 0; b < count; b++) {
      const end = (part.rows[index(b)] + 1) * numColumns;
      const start = end - network.inputDim;
      for (let i = 0; i < network.inputDim; i++) inputs[b * network.inputDim + i] = values[start + i];
    }
  };
  /** The loss of one row, and with `into` its gradient, times `scale`. */
  const rowLoss = (
    y: Float32Array,
    b: number,
    target: number,
    scale: number,
    into?: Float32Array,
  ): number => {
    const offset = b * numOutputs;
    if (outputs === 'values') {
      const error = y[offset] - target;
      if (into !== undefined) into[offset] = scale * error;
      return 0.5 * error * error;
    }
    if (outputs === 'probabilities') {
      const p = Math.max(y[offset + target], 1e-12);
      if (into !== undefined) {
        for (let k = 0; k < numOutputs; k++) into[offset + k] = k === target ? -scale / p : 0;
      }
      return -log(p);
    }
    const logNorm = softmaxInto(probabilities, 0, y, offset, numOutputs);
    if (into !== undefined) {
      for (let k = 0; k < numOutputs; k++) {
        into[offset + k] = scale * (probabilities[k] - (k === target ? 1 : 0));
      }
    }
    return logNorm - y[offset + target];
  };
  const meanLoss = (part: TrainingPart): number => {
    let sum = 0;
    let total = 0;
    for (let from = 0; from < part.rows.length; from += EVALUATION_BATCH) {
      const batch = Math.min(EVALUATION_BATCH, part.rows.length - from);
      gather(part, (b) => from + b, batch);
      const y = network.forward(inputs.subarray(0, batch * network.inputDim), batch);
      for (let b = 0; b < batch; b++) {
        sum += part.weights[from + b] * rowLoss(y, b, part.targets[from + b], 1);
        total += part.weights[from + b];
      }
    }
    return sum / total;
  };

  const summary: FitSummary = {
    epochs: 0,
    bestEpoch: 0,
    trainingLoss: Number.NaN,
    validationLoss: Number.NaN,
  };
  let best = network.blocks.map(({ parameters }) => parameters.slice());
  let bestLoss = Infinity;
  for (let epoch = 1; epoch <= config.maxEpochs; epoch++) {
    shuffling.shuffle(order);
    let lossSum = 0;
    for (let from = 0; from < order.length; from += batchSize) {
      const batch = Math.min(batchSize, order.length - from);
      gather(fit, (b) => order[from + b], batch);
      const y = network.forwardWithDropout(inputs.subarray(0, batch * network.inputDim), batch, dropout);
      for (let b = 0; b < batch; b++) {
        const i = order[from + b];
        lossSum += fit.weights[i] * rowLoss(y, b, fit.targets[i], fit.weights[i] / batch, gradients);
      }
      network.backward(gradients.subarray(0, batch * numOutputs));
      const norm = clipGradientNorm(kernels, network.blocks, config.gradientClip);
      if (!Number.isFinite(norm)) throw nonFinite(epoch);
      optimizer.step(config.learningRate);
    }
    const trainingLoss = lossSum / order.length;
    const loss = validation === undefined ? trainingLoss : meanLoss(validation);
    if (!Number.isFinite(loss)) throw nonFinite(epoch);
    summary.epochs = epoch;
    onProgress?.(epoch, config.maxEpochs, validation === undefined ? undefined : loss);
    if (loss < bestLoss || validation === undefined) {
      bestLoss = loss;
      best = network.blocks.map(({ parameters }) => parameters.slice());
      summary.bestEpoch = epoch;
      summary.trainingLoss = trainingLoss;
      if (validation !== undefined) summary.validationLoss = loss;
    } else if (epoch - summary.bestEpoch >= config.patience) break;
  }
  network.blocks.forEach(({ parameters }, i) => {
    parameters.set(best[i]);
  });
  return summary;
}

/**
 * Fills `to[toOffset …]` with the softmax of K logits.
 * @returns ln Σ e^logit
 */
export function softmaxInto(
  to: Float64Array,
  toOffset: number,
  logits: Float32Array,
  offset: number,
  numClasses: number,
): number {
  let highest = -Infinity;
  for (let k = 0; k < numClasses; k++) highest = Math.max(highest, logits[offset + k]);
  let sum = 0;
  for (let k = 0; k < numClasses; k++) {
    const e = exp(logits[offset + k] - highest);
    to[toOffset + k] = e;
    sum += e;
  }
  for (let k = 0; k < numClasses; k++) to[toOffset + k] /= sum;
  return highest + log(sum);
}

function nonFinite(epoch: number): TrainingError {
  return new TrainingError(
    'non-finite-loss',
    `The loss or a gradient is no finite number in epoch ${epoch}; lower learningRate or check the columns for outliers.`,
  );
}
