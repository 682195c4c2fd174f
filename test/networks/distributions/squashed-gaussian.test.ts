import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import {
  squashedGaussianGradientsInto,
  squashedGaussianInto,
  squashedMeansInto,
} from '../../../networks/distributions/squashed-gaussian.ts';
import { sharedJson } from '../../shared.ts';

const golden = sharedJson<{
  squashed_gaussian: {
    mean: number[][];
    log_std: number[];
    gaussian_action: number[][];
    action: number[][];
    logprob_sb3: number[];
  };
}>('golden/rl_losses_torch.json');

/** Actions and log-probabilities by the definition, in Float64, from the outputs [B, 2A] and noise [B, A]. */
function exact(outputs: Float64Array, noise: Float32Array, batch: number, dim: number) {
  const actions = new Float64Array(batch * dim);
  const logProbs = new Float64Array(batch);
  for (let b = 0; b < batch; b++) {
    for (let a = 0; a < dim; a++) {
      const mean = outputs[b * 2 * dim + a];
      const deviation = Math.exp(Math.min(Math.max(outputs[b * 2 * dim + dim + a], -20), 2));
      const draw = mean + deviation * noise[b * dim + a];
      const action = Math.tanh(draw);
      const density =
        Math.exp(-(((draw - mean) / deviation) ** 2) / 2) / (deviation * Math.sqrt(2 * Math.PI));
      actions[b * dim + a] = action;
      logProbs[b] += Math.log(density) - Math.log(1 - action * action + 1e-6);
    }
  }
  return { actions, logProbs };
}

describe('squashed gaussian', () => {
  test.skipIf(golden === undefined)("has Stable-Baselines3's actions and log-probabilities", () => {
    const { mean, log_std, gaussian_action, action, logprob_sb3 } = golden!.squashed_gaussian;
    const batch = mean.length;
    const dim = log_std.length;
    const outputs = Float32Array.from(mean.flatMap((row) => [...row, ...log_std]));
    const noise = Float32Array.from(
      gaussian_action.flatMap((row, b) => row.map((u, a) => (u - mean[b][a]) / Math.exp(log_std[a]))),
    );
    const actions = new Float32Array(batch * dim);
    const logProbs = new Float32Array(batch).fill(99);
    squashedGaussianInto(actions, logProbs, outputs, noise, batch, dim);
    action.flat().forEach((expected, i) => {
      expect(Math.abs(actions[i] - expected)).toBeLessThan(1e-6);
    });
    logprob_sb3.forEach((expected, b) => {
      expect(Math.abs(logProbs[b] - expected)).toBeLessThan(1e-5 * (1 + Math.abs(expected)));
    });
  });

  test('values and gradients follow the definition and its finite differences', () => {
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(size, size, fc.nat(1000), (batch, dim, seed) => {
        const rng = createRng(seed);
        const draw = (length: number) => Float32Array.from({ length }, () => rng.gaussian());
        const noise = draw(batch * dim);
        const actionGradients = draw(batch * dim);
        const logProbGradient = rng.gaussian();
        const outputs = draw(batch * 2 * dim).map((x) => 0.5 * x);
        const actions = new Float32Array(batch * dim);
        const logProbs = new Float32Array(batch).fill(99);
        squashedGaussianInto(actions, logProbs, outputs, noise, batch, dim);
        const numbers = Float64Array.from(outputs);
        const definition = exact(numbers, noise, batch, dim);
        for (let b = 0; b < batch; b++) {
          expect(Math.abs(logProbs[b] - definition.logProbs[b])).toBeLessThan(1e-4);
        }

        const gradients = new Float32Array(batch * 2 * dim).fill(99);
        squashedGaussianGradientsInto(
          gradients,
          outputs,
          noise,
          actions,
          actionGradients,
          logProbGradient,
          batch,
          dim,
        );
        const loss = () => {
          const { actions, logProbs } = exact(numbers, noise, batch, dim);
          return (
            actions.reduce((sum, action, i) => sum + actionGradients[i] * action, 0) +
            logProbs.reduce((sum, logProb) => sum + logProbGradient * logProb, 0)
          );
        };
        for (let i = 0; i < numbers.length; i++) {
          const held = numbers[i];
          numbers[i] = held + 1e-6;
          const upper = loss();
          numbers[i] = held - 1e-6;
          const slope = (upper - loss()) / 2e-6;
          numbers[i] = held;
          expect(Math.abs(gradients[i] - slope)).toBeLessThan(2e-4 * (1 + Math.abs(slope)));
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('log deviations beyond [−20, 2] act as the bound and get no gradient', () => {
    const outputs = Float32Array.of(0.1, 0.1, -25, 3);
    const bounded = Float32Array.of(0.1, 0.1, -20, 2);
    const noise = Float32Array.of(1, 0.3);
    const results = [outputs, bounded].map((rows) => {
      const actions = new Float32Array(2);
      const logProbs = new Float32Array(1);
      squashedGaussianInto(actions, logProbs, rows, noise, 1, 2);
      const gradients = new Float32Array(4).fill(99);
      squashedGaussianGradientsInto(gradients, rows, noise, actions, Float32Array.of(1, 1), 0.5, 1, 2);
      return { actions, logProbs, gradients };
    });
    expect(results[0].actions).toEqual(results[1].actions);
    expect(results[0].logProbs).toEqual(results[1].logProbs);
    expect([...results[0].gradients.subarray(2)]).toEqual([0, 0]);
    expect(results[1].gradients[2]).not.toBe(0);
    expect(results[1].gradients[3]).not.toBe(0);
  });

  test('stays finite where the action rounds to 1', () => {
    const outputs = Float32Array.of(40, 2);
    const actions = new Float32Array(1);
    const logProbs = new Float32Array(1);
    squashedGaussianInto(actions, logProbs, outputs, Float32Array.of(1), 1, 1);
    expect(actions[0]).toBe(1);
    expect(Number.isFinite(logProbs[0])).toBe(true);
  });

  test('the greedy actions are the squashed means', () => {
    const actions = new Float32Array(4);
    squashedMeansInto(actions, Float32Array.of(0.5, -1, 9, 9, 0, 3, 9, 9), 2, 2);
    [0.5, -1, 0, 3].forEach((mean, i) => {
      expect(actions[i]).toBeCloseTo(Math.tanh(mean), 6);
    });
  });
});
