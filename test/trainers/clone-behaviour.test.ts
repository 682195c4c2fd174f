import { expect, test } from 'vitest';
import { ppo } from '../../agents/ppo.ts';
import { edgeThreshold } from '../../agents/rules/edge-threshold.ts';
import { createRng } from '../../core/rng.ts';
import { SYNTHETIC_MARKET } from '../../envs/arbitrage/synthetic.ts';
import { ArbitrageEnv } from '../../envs/arbitrage.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import { cloneBehaviour } from '../../trainers/clone-behaviour.ts';
import { playEpisode } from '../../trainers/episode.ts';

const config = {
  decisionMs: 5000,
  sizes: [0.05],
  takerFeeRates: [0.0002],
  observed: ['edge', 'base', 'quote'],
};
const create = (seed: number): ArbitrageEnv => {
  const market = new SyntheticVenues({ ...SYNTHETIC_MARKET, events: 3000 });
  return new ArbitrageEnv({ books: (rng) => market.generate(rng), seed, config });
};
const contextOf = ({ observationSpace, actionSpace }: ArbitrageEnv, numEnvs: number) => ({
  observationSpace,
  actionSpace,
  numEnvs,
  masksActions: true,
  rng: createRng(1),
  totalSteps: 1,
});
const lesson = (agentSettings: Record<string, unknown>) => {
  const envs = Array.from({ length: 4 }, (_, i) => create(i));
  const context = contextOf(envs[0], envs.length);
  const student = ppo.build(context, { hidden: [32], ...agentSettings });
  const teacher = edgeThreshold.build(context, { thresholdBps: [4] });
  const run = () =>
    cloneBehaviour({
      envs: createVectorEnv(envs),
      student,
      teacher,
      steps: 20_000,
      epochs: 8,
      learningRate: 3e-3,
      minibatchSize: 256,
      gamma: 0.99,
      randomActionShare: 0.05,
      rng: createRng(2),
    });
  return { student, teacher, run };
};

test('a student does as its teacher does, where it should trade and where it should not, on a market it has not seen', () => {
  const { student, teacher, run } = lesson({});
  expect(run()).toBeLessThan(0.05);
  const env = create(99);
  const agreed = { hold: 0, trade: 0 };
  const counts = { hold: 0, trade: 0 };
  const observer = {
    ...teacher,
    act: ((observations, numEnvs, explore, stepContext) => {
      const [own] = teacher.act(observations, numEnvs, explore, stepContext);
      const kind = own === 0 ? 'hold' : 'trade';
      counts[kind]++;
      if (student.act(observations, numEnvs, false, stepContext)[0] === own) agreed[kind]++;
      return Int32Array.of(own);
    }) satisfies typeof teacher.act,
  };
  playEpisode(observer, env, () => {});
  expect(counts.trade).toBeGreaterThan(20);
  expect(agreed.trade / counts.trade).toBeGreaterThan(0.85);
  expect(agreed.hold / counts.hold).toBeGreaterThan(0.98);
});

test('the same seeds give the same student, to the bit', () => {
  const [first, second] = [lesson({}), lesson({})];
  expect(first.run()).toBe(second.run());
  expect(first.student.save().arrays['policy/parameters']).toEqual(
    second.student.save().arrays['policy/parameters'],
  );
});

test('an agent that cannot be taught by example is refused', () => {
  expect(lesson({ normalizeObservations: true }).run).toThrow(
    /normalizeObservations and normalizeRewards off/,
  );
});
