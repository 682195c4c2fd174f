import { expect, test } from 'vitest';
import { ppo } from '../../agents/ppo.ts';
import { createRng } from '../../core/rng.ts';
import { ArbitrageEnv } from '../../envs/arbitrage.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import { syntheticVenuesPresets } from '../../market/synthetic/venues-config.ts';
import { playEpisode } from '../../trainers/episode.ts';
import { train } from '../../trainers/train.ts';

test('where no edge ever exceeds its cost, PPO learns to hold', () => {
  const config = {
    decisionMs: 1000,
    sizes: [0.2],
    takerFeeRates: [0.0005],
    latencyMs: [50],
    minEdgeRate: -0.01,
    maxExposure: 1,
    warmupEvents: 50,
  };
  const create = (seed: number) => {
    const market = new SyntheticVenues({ ...syntheticVenuesPresets['no-arbitrage'], events: 4000 });
    return new ArbitrageEnv({ books: (rng) => market.generate(rng), seed, config });
  };
  for (const seed of [1, 2, 3]) {
    const envs = createVectorEnv(Array.from({ length: 8 }, (_, i) => create(seed * 8 + i)));
    const { observationSpace, actionSpace } = envs;
    const context = { observationSpace, actionSpace, numEnvs: 8, rng: createRng(seed), masksActions: true };
    const settings = {
      rolloutSteps: 256,
      minibatchSize: 256,
      epochs: 5,
      learningRate: 1e-3,
      normalizeObservations: true,
    };
    const agent = ppo.build({ ...context, totalSteps: 240_000 }, settings);
    train({ envs, agent, totalSteps: 240_000, seed });
    const env = create(1000 + seed);
    let last = { traded: Number.NaN, profitBps: Number.NaN };
    playEpisode(agent, env, ({ traded, profitBps }) => {
      last = { traded, profitBps };
    });
    // One size is a twentieth of the capital; a pair of trades there and back costs some 30 bp of it, 1.5 bp in all.
    expect(last.traded).toBeLessThanOrEqual(2);
    expect(last.profitBps).toBeGreaterThan(-1.5);
  }
}, 600_000);
