/**
 * Makes networks that give normal distributions of actions whose deviations depend on the state: generalised
 * state-dependent exploration.
 *
 * B rows, D inputs, F features, A actions. A body computes features h [B, F], then
 *   μ = h·W + c,   v = h²·σ²,   with a trained ln σ [F, A]
 * and the outputs [B, 2A] are A means and A log deviations, ½·ln(v + 1e-6). It is the distribution of μ + h·θ, where
 * each θ_fa is drawn from N(0, σ_fa²): with θ kept for a while, the same state is explored with the same action.
 *
 * Source: Raffin, Kober & Stulp (2021), "Smooth Exploration for Robotic Reinforcement Learning", arXiv:2005.05719,
 * section 3; the 1e-6 and the optional bound of the means as in the authors' code.
 */
import { exp, log } from '../../core/math.ts';
import { createBatchBuffer } from '../kernels/batch-buffer.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { allocateBlock, type Layer, sliceBlock } from '../layers/layer.ts';
import type { Network } from '../network.ts';
import { describeAll } from '../steps.ts';

const EPSILON = 1e-6;

export interface StateDependentGaussianOptions {
  /** [D] → [F], its activation included. */
  readonly features: Layer;
  /** [F] → [A] */
  readonly means: Layer;
  /** Where every ln σ starts. */
  readonly initialLogStd: number;
  /** Whether the gradient of the deviations goes on into the features. */
  readonly learnFeatures: boolean;
  /** Means are clipped to ± this, > 0; Infinity for not at all. */
  readonly meanBound: number;
}

export interface StateDependentGaussian extends Network {
  readonly featureDim: number; // F
  /**
   * What θ = σ·draws adds to the means of the last `forward`, in units of their deviations: Σ_f h_f·σ_fa·draws_fa / s_a.
   * @param noise receives it, [B, A]
   * @param draws [B, F, A], standard normal
   */
  standardNoiseInto(noise: Float32Array, draws: Float32Array): void;
}

export function createStateDependentGaussian(
  kernels: Kernels,
  { features, means, initialLogStd, learnFeatures, meanBound }: StateDependentGaussianOptions,
): StateDependentGaussian {
  const { inputDim, outputDim: featureDim } = features;
  const actionDim = means.outputDim;
  const outputDim = 2 * actionDim;
  const numDeviations = featureDim * actionDim;
  const numWeights = features.numParameters + means.numParameters;
  const block = allocateBlock(kernels, numWeights + numDeviations);
  const body = features.create(kernels, sliceBlock(block, 0, features.numParameters));
  const head = means.create(kernels, sliceBlock(block, features.numParameters, means.numParameters));
  const { parameters: logStd, gradients: logStdGradients } = sliceBlock(block, numWeights, numDeviations);
  logStd.fill(initialLogStd);

  const variances = new Float64Array(numDeviations); // σ², [F, A]
  const sums = new Float64Array(numDeviations); // of the gradient of ln σ, [F, A]
  const outputBuffer = createBatchBuffer(kernels, outputDim);
  const meanGradientBuffer = createBatchBuffer(kernels, actionDim);
  let batch = 0;
  let h = outputBuffer.take(0); // of the last forward, [B, F]
  let mu = h; // before the bound, [B, A]
  let outputs = h;

  /** v + 1e-6, from the output. */
  const varianceAt = (b: number, a: number): number => exp(2 * outputs[b * outputDim + actionDim + a]);

  return {
    ...block,
    inputDim,
    outputDim,
    featureDim,

    forward(inputs, numRows) {
      batch = numRows;
      h = body.forward(inputs, batch);
      mu = head.forward(h, batch);
      kernels.settle();
      outputs = outputBuffer.take(batch);
      for (let i = 0; i < numDeviations; i++) variances[i] = exp(2 * logStd[i]);
      for (let b = 0; b < batch; b++) {
        for (let a = 0; a < actionDim; a++) {
          let variance = EPSILON;
          for (let f = 0; f < featureDim; f++) {
            const feature = h[b * featureDim + f];
            variance += feature * feature * variances[f * actionDim + a];
          }
          const mean = mu[b * actionDim + a];
          outputs[b * outputDim + a] = Math.min(Math.max(mean, -meanBound), meanBound);
          outputs[b * outputDim + actionDim + a] = 0.5 * log(variance);
        }
      }
      return outputs;
    },

    backward(outputGradients) {
      const meanGradients = meanGradientBuffer.take(batch);
      for (let b = 0; b < batch; b++) {
        for (let a = 0; a < actionDim; a++) {
          const i = b * actionDim + a;
          meanGradients[i] = Math.abs(mu[i]) <= meanBound ? outputGradients[b * outputDim + a] : 0;
        }
      }
      head.backward(meanGradients);
      const featureGradients = head.inputGradients();
      if (learnFeatures) kernels.settle();
      sums.fill(0);
      for (let b = 0; b < batch; b++) {
        for (let a = 0; a < actionDim; a++) {
          // ∂(½·ln v)/∂ln σ_f = h_f²·σ_f²/v,   ∂(½·ln v)/∂h_f = h_f·σ_f²/v
          const weight = outputGradients[b * outputDim + actionDim + a] / varianceAt(b, a);
          for (let f = 0; f < featureDim; f++) {
            const feature = h[b * featureDim + f];
            const slope = weight * feature * variances[f * actionDim + a];
            sums[f * actionDim + a] += slope * feature;
            if (learnFeatures) featureGradients[b * featureDim + f] += slope;
          }
        }
      }
      for (let i = 0; i < numDeviations; i++) logStdGradients[i] += sums[i];
      body.backward(featureGradients);
    },

    inputGradients: () => body.inputGradients(),

    /** Of the means alone. */
    describe() {
      const steps = describeAll([body, head]);
      if (steps === undefined || meanBound === Infinity) return steps;
      return [...steps, { kind: 'clip', low: -meanBound, high: meanBound }];
    },

    standardNoiseInto(noise, draws) {
      for (let b = 0; b < batch; b++) {
        for (let a = 0; a < actionDim; a++) {
          let sum = 0;
          for (let f = 0; f < featureDim; f++) {
            const i = f * actionDim + a;
            sum += h[b * featureDim + f] * exp(logStd[i]) * draws[b * numDeviations + i];
          }
          noise[b * actionDim + a] = sum / Math.sqrt(varianceAt(b, a));
        }
      }
    },
  };
}
