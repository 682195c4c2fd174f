import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import {
  gaussianEntropy,
  gaussianGradientsInto,
  gaussianLogProbsInto,
  sampleGaussianInto,
} from '../../../networks/distributions/diagonal-gaussian.ts';
import { sharedJson } from '../../shared.ts';

const golden = sharedJson<{
  diag_gaussian: {
    mean: number[][];
    log_std: number[];
    action: number[][];
    logprob: number[];
    entropy: number;
  };
}>('golden/rl_losses_torch.json');

function logProb(actions: Float64Array, means: Float64Array, logStd: Float64Array, b: number): number {
  let sum = 0;
  for (let a = 0; a < logStd.length; a++) {
    const deviation = Math.exp(logStd[a]);
    const z = (actions[b * logStd.length + a] - means[b * logStd.length + a]) / deviation;
    sum += Math.log(Math.exp((-z * z) / 2) / (deviation * Math.sqrt(2 * Math.PI)));
  }
  return sum;
}

describe('diagonal gaussian', () => {
  test.skipIf(golden === undefined)("has PyTorch's log-probabilities and entropy", () => {
    const { mean, log_std, action, logprob, entropy } = golden!.diag_gaussian;
    const out = new Float32Array(logprob.length);
    const logStd = Float32Array.from(log_std);
    gaussianLogProbsInto(
      out,
      Float32Array.from(action.flat()),
      Float32Array.from(mean.flat()),
      logStd,
      out.length,
    );
    for (const [b, expected] of logprob.entries()) expect(Math.abs(out[b] - expected)).toBeLessThan(1e-5);
    expect(gaussianEntropy(logStd)).toBeCloseTo(entropy, 6);
  });

  test('log-probabilities and gradients follow the definition', () => {
    const dim = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(dim, dim, fc.nat(1000), (batch, numComponents, seed) => {
        const rng = createRng(seed);
        const length = batch * numComponents;
        const draw = (n: number) => Float32Array.from({ length: n }, () => rng.gaussian());
        const [means, logStd, w, v] = [draw(length), draw(numComponents), draw(batch), draw(batch)];
        const actions = new Float32Array(length);
        sampleGaussianInto(actions, means, logStd, batch, rng);
        const exactActions = Float64Array.from(actions);
        const exactMeans = Float64Array.from(means);
        const exactLogStd = Float64Array.from(logStd);
        const out = new Float32Array(batch).fill(99);
        gaussianLogProbsInto(out, actions, means, logStd, batch);
        for (let b = 0; b < batch; b++) {
          expect(Math.abs(out[b] - logProb(exactActions, exactMeans, exactLogStd, b))).toBeLessThan(2e-5);
        }

        const meanGradients = new Float32Array(length).fill(99);
        const logStdGradients = new Float32Array(numComponents).fill(0.5);
        gaussianGradientsInto(meanGradients, logStdGradients, actions, means, logStd, w, v, batch);
        const loss = () => {
          const entropy = exactLogStd.reduce((sum, s) => sum + s + Math.log(2 * Math.PI * Math.E) / 2, 0);
          let sum = 0;
          for (let b = 0; b < batch; b++) {
            sum += w[b] * logProb(exactActions, exactMeans, exactLogStd, b) + v[b] * entropy;
          }
          return sum;
        };
        const check = (numbers: Float64Array, gradients: Float32Array, before: number) => {
          for (let i = 0; i < numbers.length; i++) {
            const held = numbers[i];
            numbers[i] = held + 1e-6;
            const upper = loss();
            numbers[i] = held - 1e-6;
            const slope = (upper - loss()) / 2e-6;
            numbers[i] = held;
            const tolerance = 1e-5 * (1 + Math.abs(slope));
            expect(Math.abs(gradients[i] - before - slope)).toBeLessThan(tolerance);
          }
        };
        check(exactMeans, meanGradients, 0);
        check(exactLogStd, logStdGradients, 0.5);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('samples with the means and deviations it is given, rows and components independently', () => {
    const batch = 20_000;
    const means = Float32Array.from({ length: 2 * batch }, (_, i) => (i % 2 === 0 ? 1 : -3));
    const logStd = Float32Array.of(Math.log(0.5), Math.log(2));
    const actions = new Float32Array(2 * batch);
    sampleGaussianInto(actions, means, logStd, batch, createRng(1));
    const z = [0, 1].map((a) =>
      Float64Array.from({ length: batch }, (_, b) => (actions[2 * b + a] - means[a]) / [0.5, 2][a]),
    );
    const mean = (values: Float64Array) => values.reduce((sum, x) => sum + x, 0) / batch;
    const limit = 4 / Math.sqrt(batch);
    for (const component of z) {
      expect(Math.abs(mean(component))).toBeLessThan(limit);
      expect(Math.abs(mean(component.map((x) => x * x)) - 1)).toBeLessThan(1.5 * limit);
    }
    expect(Math.abs(mean(z[0].map((x, b) => x * z[1][b])))).toBeLessThan(limit);
  });
});
