/** The whole way of learning for agents of every kind, in trading and in arbitrage. */
import { describe, expect, test, vi } from 'vitest';
import { ModelRegistry } from '../../storage/model-registry.ts';
import { readTape } from '../../storage/tape.ts';
import {
  arbitrageConfig,
  CONFIG,
  CONTINUOUS,
  createModel,
  createPlace,
  divergingBooks,
  Play,
  PPO,
  replay,
  reversingBooks,
  type Setup,
  saveModel,
} from './continual-market.ts';

/** Candidates train here. */
vi.setConfig({ testTimeout: 120_000 });

const OFF_POLICY = { hidden: [16], bufferSize: 10_000, batchSize: 32, gamma: 0, trainEvery: 2 };
const DQN = { ...OFF_POLICY, learningStarts: 200, targetUpdateInterval: 100, explorationFraction: 0.8 };
const ACTOR_CRITIC = { ...OFF_POLICY, learningStarts: 200 };
const SAC = { ...ACTOR_CRITIC, entropyCoefficient: 0.001 };

const discrete = arbitrageConfig('discrete');
const continuous = arbitrageConfig('continuous');
const cases: [string, Setup][] = [
  ['dqn in trading', { config: CONFIG, agent: 'dqn', settings: DQN }],
  ['sac in trading', { config: CONTINUOUS, agent: 'sac', settings: SAC }],
  ['td3 in trading', { config: CONTINUOUS, agent: 'td3', settings: ACTOR_CRITIC }],
  ['ppo in arbitrage', { config: discrete, agent: 'ppo', settings: PPO.settings }],
  ['dqn in arbitrage', { config: discrete, agent: 'dqn', settings: DQN }],
  ['sac in arbitrage', { config: continuous, agent: 'sac', settings: SAC }],
  ['td3 in arbitrage', { config: continuous, agent: 'td3', settings: ACTOR_CRITIC }],
];

describe('a session learns, is judged, and swaps', () => {
  test.each(cases)('%s', async (_, setup) => {
    const place = createPlace();
    const registry = new ModelRegistry(place.registry, { create: true });
    registry.promote(saveModel(registry, createModel(1, undefined, setup)), 0, { reason: 'by hand' });
    registry.close();
    const { config } = setup;
    const hours = 8;
    const isArbitrage = config.mode === 'arbitrage';
    const books = isArbitrage
      ? divergingBooks({ seed: 1, hours })
      : reversingBooks({ seed: 1, hours, change: { fromHour: 0, factor: 10 } });
    const play = new Play(place, {
      config,
      learn: { everyHours: 3, spanHours: 3, steps: 3000, forwardDays: 0.125 },
    });
    await play.take(books, 0, hours);
    const champion = play.registry.get('policy@champion').id;
    expect(champion).toBe('policy@2');
    const decisions = play.decisions;
    await play.close();
    const records = [...readTape(place.tape)].map(({ record }) => record);
    const models = records.filter(([kind]) => kind === 'model');
    expect(models.map((record) => record[2])).toEqual(['policy@2']);
    expect(records[0][2]).toMatchObject({ model: 'policy@1' });
    const swapMs = models[0][1];
    for (const { timeMs, model } of decisions) {
      expect(model).toBe(timeMs <= swapMs ? 'policy@1' : 'policy@2');
    }
    expect(records.filter(([kind]) => kind === 'fill').length).toBeGreaterThan(20);
    const { difference, numOutputs } = replay(place);
    expect(difference).toBeUndefined();
    expect(numOutputs).toBeGreaterThan(300);
  });
});
