import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateAdvantagesInto, explainedVariance } from '../../replay/advantages.ts';
import { sharedJson } from '../shared.ts';

interface GoldenAdvantages {
  gae_sb3: {
    gamma: number;
    gae_lambda: number;
    rewards: number[][];
    values: number[][];
    episode_starts: number[][];
    last_values: number[];
    last_dones: number[];
    advantages: number[][];
    returns: number[][];
  };
}

const golden = sharedJson<GoldenAdvantages>('golden/rl_losses_torch.json');

test.skipIf(golden === undefined)('advantages and returns equal those of Stable-Baselines3', () => {
  const { gamma, gae_lambda, rewards, values, episode_starts, last_values, last_dones, ...expected } =
    golden!.gae_sb3;
  const numSteps = rewards.length;
  const numEnvs = rewards[0].length;
  // There, a step's episode has ended when the next one begins an episode.
  const ended = [...episode_starts.slice(1), last_dones];
  const advantages = new Float32Array(numSteps * numEnvs);
  const returns = new Float32Array(numSteps * numEnvs);
  const rollout = {
    rewards: Float32Array.from(rewards.flat()),
    values: Float32Array.from(values.flat()),
    terminated: Uint8Array.from(ended.flat()),
    truncated: new Uint8Array(numSteps * numEnvs),
    finalValues: new Float32Array(numSteps * numEnvs),
    lastValues: Float32Array.from(last_values),
  };
  estimateAdvantagesInto(advantages, returns, rollout, numSteps, numEnvs, gamma, gae_lambda);
  expected.advantages.flat().forEach((advantage, i) => {
    expect(advantages[i]).toBeCloseTo(advantage, 5);
  });
  expected.returns.flat().forEach((value, i) => {
    expect(returns[i]).toBeCloseTo(value, 5);
  });
});

/** The definition, term by term: A_t = Σ_k (γλ)^k δ_{t+k}, up to the end of the episode or of the rollout. */
function advantageByDefinition(
  t: number,
  {
    rewards,
    values,
    terminated,
    truncated,
    finalValues,
    lastValues,
  }: Parameters<typeof estimateAdvantagesInto>[2],
  gamma: number,
  lambda: number,
): number {
  let sum = 0;
  for (let k = t; k < rewards.length; k++) {
    let next = k + 1 < rewards.length ? values[k + 1] : lastValues[0];
    if (truncated[k]) next = finalValues[k];
    if (terminated[k]) next = 0;
    sum += (gamma * lambda) ** (k - t) * (rewards[k] + gamma * next - values[k]);
    if (terminated[k] || truncated[k]) break;
  }
  return sum;
}

describe('against the definition', () => {
  test('with episodes that end in every way', () => {
    const step = fc.record({
      reward: fc.integer({ min: -8, max: 8 }),
      value: fc.integer({ min: -8, max: 8 }),
      finalValue: fc.integer({ min: -8, max: 8 }),
      end: fc.constantFrom('none', 'none', 'terminated', 'truncated', 'both'),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 30 }),
        fc.constantFrom(0, 0.5, 0.95, 1),
        (steps, lambda) => {
          const rollout = {
            rewards: Float32Array.from(steps, (s) => s.reward),
            values: Float32Array.from(steps, (s) => s.value),
            terminated: Uint8Array.from(steps, (s) => (s.end === 'terminated' || s.end === 'both' ? 1 : 0)),
            truncated: Uint8Array.from(steps, (s) => (s.end === 'truncated' || s.end === 'both' ? 1 : 0)),
            finalValues: Float32Array.from(steps, (s) => s.finalValue),
            lastValues: Float32Array.of(3),
          };
          const advantages = new Float32Array(steps.length);
          const returns = new Float32Array(steps.length);
          estimateAdvantagesInto(advantages, returns, rollout, steps.length, 1, 0.9, lambda);
          for (let t = 0; t < steps.length; t++) {
            const expected = advantageByDefinition(t, rollout, 0.9, lambda);
            expect(advantages[t]).toBeCloseTo(expected, 3);
            expect(returns[t]).toBeCloseTo(expected + steps[t].value, 3);
          }
        },
      ),
    );
  });

  test('envs do not mix', () => {
    const rollout = {
      rewards: Float32Array.of(1, 100, 1, 100),
      values: Float32Array.of(0, 0, 0, 0),
      terminated: Uint8Array.of(0, 1, 0, 0),
      truncated: new Uint8Array(4),
      finalValues: new Float32Array(4),
      lastValues: Float32Array.of(2, 0),
    };
    const advantages = new Float32Array(4);
    estimateAdvantagesInto(advantages, new Float32Array(4), rollout, 2, 2, 1, 1);
    expect([...advantages]).toEqual([4, 100, 3, 100]);
  });
});

test('explained variance is 1 for perfect values, 0 for constant ones, and undefined for constant returns', () => {
  const returns = Float32Array.of(1, 2, 3, 4);
  expect(explainedVariance(returns, returns)).toBe(1);
  expect(explainedVariance(new Float32Array(4), returns)).toBe(0);
  expect(explainedVariance(Float32Array.of(4, 3, 2, 1), returns)).toBeLessThan(0);
  expect(explainedVariance(returns, new Float32Array(4))).toBeNaN();
});
