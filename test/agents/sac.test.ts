import { describe, expect, test } from 'vitest';
import { softPolicyGradientsInto } from '../../agents/off-policy/sac-discrete.ts';
import { sac } from '../../agents/sac.ts';
import { createRng } from '../../core/rng.ts';
import { CartPole } from '../../envs/cartpole.ts';
import { MountainCarContinuous } from '../../envs/mountain-car-continuous.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import { testAgent } from '../../testing/suites.ts';

const SMALL = { hidden: [16, 8], batchSize: 16, bufferSize: 240, learningStarts: 60, metricsEvery: 90 };
const createCartPole = (seed: number) => new CartPole(seed);
const createPendulum = (seed: number) => new Pendulum(seed, 50);

testAgent('sac, continuous', {
  plugin: sac,
  config: SMALL,
  createEnv: createPendulum,
  createOtherEnv: (seed) => new MountainCarContinuous(seed),
  goldenHash: '17135234707c301217b0045bae87db1ec81ef0455dcc58e93411efcc00490e8b',
});

testAgent('sac, continuous, normalised, with every option', {
  plugin: sac,
  config: {
    ...SMALL,
    activation: 'tanh',
    entropyCoefficient: 0.1,
    trainEvery: 30,
    gradientSteps: 5,
    learningRateSchedule: 'linear',
    maxGradientNorm: 0.5,
    normalizeObservations: true,
    normalizeRewards: true,
  },
  createEnv: createPendulum,
  createOtherEnv: createCartPole,
});

testAgent('sac, discrete', {
  plugin: sac,
  config: SMALL,
  createEnv: createCartPole,
  createOtherEnv: createPendulum,
  goldenHash: 'bc17feaa901861707ad3c0dd44c9de53018b58aad2747d75a82478841355350f',
});

describe('discrete sac', () => {
  test("its policy's gradient by the logits is that of finite differences", () => {
    const [batch, numChoices, alpha] = [3, 4, 0.3];
    const rng = createRng(1);
    const logits = Float64Array.from({ length: batch * numChoices }, () => rng.gaussian());
    logits[6] = -Infinity;
    const values = Float32Array.from({ length: batch * numChoices }, () => rng.gaussian());
    const softmax = (): Float64Array =>
      logits.map((_, i) => {
        const first = i - (i % numChoices);
        const row = logits.slice(first, first + numChoices).map(Math.exp);
        return Math.exp(logits[i]) / row.reduce((sum, x) => sum + x, 0);
      });
    const loss = (): number =>
      softmax().reduce(
        (sum, p, i) => sum + (p === 0 ? 0 : (p * (alpha * Math.log(p) - values[i])) / batch),
        0,
      );
    const probabilities = Float32Array.from(softmax());
    const gradients = new Float32Array(batch * numChoices).fill(99);
    const mean = softPolicyGradientsInto(
      gradients,
      probabilities.map(Math.log),
      probabilities,
      values,
      alpha,
      batch,
      numChoices,
    );
    expect(mean).toBeCloseTo(loss(), 6);
    expect(gradients[6]).toBe(0);
    for (let i = 0; i < logits.length; i++) {
      const held = logits[i];
      logits[i] = held + 1e-6;
      const upper = loss();
      logits[i] = held - 1e-6;
      const slope = (upper - loss()) / 2e-6;
      logits[i] = held;
      if (i !== 6) expect(gradients[i]).toBeCloseTo(slope, 5);
    }
  });

  const context = {
    observationSpace: createBox([2], -1, 1),
    actionSpace: createDiscrete(4),
    numEnvs: 2,
    rng: createRng(1),
    masksActions: true,
    totalSteps: 1000,
  };

  test('never chooses what a mask forbids: at random, exploring or greedily', () => {
    const agent = sac.build(context, { ...SMALL, learningStarts: 40, metricsEvery: 1 });
    const rng = createRng(2);
    const observations = new Float32Array(4);
    for (let step = 0; step < 300; step++) {
      const actionMasks = Uint8Array.from({ length: 8 }, (_, i) => (i % 4 === step % 4 ? 1 : rng.integer(2)));
      const stepContext = { episodeStarts: new Uint8Array(2), actionMasks };
      for (const action of [
        agent.act(observations, 2, false, stepContext),
        agent.act(observations, 2, true, stepContext),
      ]) {
        expect(actionMasks[action[0]]).toBe(1);
        expect(actionMasks[4 + action[1]]).toBe(1);
      }
      agent.observe({
        observations,
        actions: new Int32Array(2),
        rewards: Float32Array.of(1, -1),
        nextObservations: observations,
        terminated: new Uint8Array(2),
        truncated: new Uint8Array(2),
        actionMasks,
        nextActionMasks: actionMasks,
      });
    }
  });

  test('a forbidden choice has no value, and no entropy is asked for where there is no choice', () => {
    const agent = sac.build(context, {
      ...SMALL,
      metricsEvery: 1,
      gamma: 0.5,
      tau: 0.1,
      learningRate: 3e-3,
      gradientSteps: 5,
    });
    const observations = new Float32Array(4).fill(0.5);
    const actionMasks = Uint8Array.of(0, 0, 1, 0, 0, 0, 1, 0);
    const stepContext = { episodeStarts: new Uint8Array(2), actionMasks };
    let metrics: ReturnType<typeof agent.observe>;
    for (let step = 0; step < 300; step++) {
      const actions = agent.act(observations, 2, true, stepContext);
      metrics = agent.observe({
        observations,
        actions,
        rewards: Float32Array.of(1, 1),
        nextObservations: observations,
        terminated: new Uint8Array(2),
        truncated: new Uint8Array(2),
        actionMasks,
        nextActionMasks: actionMasks,
      });
    }
    expect(metrics?.entropy).toBe(0);
    expect(metrics?.entropyCoefficient).toBe(1);
    expect(Math.abs((metrics?.actorLoss ?? 0) + 2)).toBeLessThan(0.1);
  });

  test('a last step after which nothing is allowed is learnt from', () => {
    const agent = sac.build(context, { ...SMALL, metricsEvery: 1, learningStarts: 0 });
    const observations = new Float32Array(4);
    const actionMasks = new Uint8Array(8).fill(1);
    for (let step = 0; step < 20; step++) {
      agent.act(observations, 2, true, { episodeStarts: new Uint8Array(2), actionMasks });
      agent.observe({
        observations,
        actions: new Int32Array(2),
        rewards: Float32Array.of(1, 1),
        nextObservations: observations,
        terminated: Uint8Array.of(1, 1),
        truncated: new Uint8Array(2),
        actionMasks,
        nextActionMasks: new Uint8Array(8),
      });
    }
  });
});

describe('the entropy coefficient', () => {
  /** The entropy and coefficient that a policy without rewards comes to. */
  function settle(config: object, steps = 1500): { entropy: number; entropyCoefficient: number } {
    const agent = sac.build(
      {
        observationSpace: createBox([2], -1, 1),
        actionSpace: createBox([1], -1, 1),
        numEnvs: 1,
        rng: createRng(3),
        totalSteps: steps,
      },
      {
        ...SMALL,
        metricsEvery: 100,
        learningRate: 3e-3,
        gamma: 0,
        initialEntropyCoefficient: 0.2,
        ...config,
      },
    );
    let entropy = Number.NaN;
    let entropyCoefficient = Number.NaN;
    const observations = Float32Array.of(0.5, -0.5);
    for (let step = 0; step < steps; step++) {
      const actions = agent.act(observations, 1, true) as Float32Array;
      const metrics = agent.observe({
        observations,
        actions,
        // Best at 0.3: without entropy, all of the policy would go there.
        rewards: Float32Array.of(-4 * (actions[0] - 0.3) ** 2),
        nextObservations: observations,
        terminated: Uint8Array.of(1),
        truncated: Uint8Array.of(0),
      });
      if (metrics !== undefined) ({ entropy, entropyCoefficient } = metrics as never);
    }
    return { entropy, entropyCoefficient };
  }

  test('brings the entropy to −A when it is automatic', () => {
    expect(Math.abs(settle({}).entropy + 1)).toBeLessThan(0.3);
    expect(Math.abs(settle({ targetEntropy: 0.5 }).entropy - 0.5)).toBeLessThan(0.3);
  });

  test('stays what it is when it is a number', () => {
    const { entropyCoefficient, entropy } = settle({ entropyCoefficient: 5 });
    expect(entropyCoefficient).toBe(5);
    // Nearly uniform over the box: ln 2.
    expect(entropy).toBeGreaterThan(0.6);
  });
});

test.each([
  ['continuous', createBox([1], -1, 1)],
  ['discrete', createDiscrete(3)],
])('the value of what follows includes its entropy: %s', (_name, actionSpace) => {
  const agent = sac.build(
    { observationSpace: createBox([2], -1, 1), actionSpace, numEnvs: 1, rng: createRng(1), totalSteps: 400 },
    { ...SMALL, entropyCoefficient: 1, gamma: 0.5, tau: 0.1, learningRate: 3e-3, gradientSteps: 5 },
  );
  const observations = Float32Array.of(0.5, -0.5);
  let metrics: ReturnType<typeof agent.observe>;
  for (let step = 0; step < 450; step++) {
    const actions = agent.act(observations, 1, true);
    const reported = agent.observe({
      observations,
      actions,
      rewards: new Float32Array(1),
      nextObservations: observations,
      terminated: new Uint8Array(1),
      truncated: new Uint8Array(1),
    });
    metrics = reported ?? metrics;
  }
  // Without rewards Q = γ·(Q + H), so that with γ = 0.5 Q = H, and the actor's loss −H − Q = −2H.
  const entropy = metrics?.entropy ?? Number.NaN;
  expect(entropy).toBeGreaterThan(0.5);
  expect(Math.abs((metrics?.actorLoss ?? Number.NaN) + 2 * entropy)).toBeLessThan(0.1);
});
