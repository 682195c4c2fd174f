/**
 * Deep deterministic policy gradient, for continuous actions.
 *
 * Source: Lillicrap et al. (2016), "Continuous control with deep reinforcement learning", arXiv:1509.02971,
 * algorithm 1.
 * Differences from the source: see deterministic-actor-critic.ts; noise is independent from step to step unless
 * `noise` says otherwise.
 */
import { z } from '../core/config.ts';
import { defineAgent } from './agent.ts';
import { offPolicyConfig } from './off-policy/config.ts';
import { DeterministicActorCritic } from './off-policy/deterministic-actor-critic.ts';
import { explorationNoiseConfig } from './off-policy/exploration-noise.ts';
import { buildOffPolicyAgent } from './off-policy/loop.ts';
import { actorCriticPrior } from './off-policy/prior.ts';
import { withWindowNetworks } from './window-network.ts';

export const ddpg = defineAgent({
  name: 'ddpg',
  description: 'Deep deterministic policy gradient (Lillicrap et al. 2016), for continuous actions',
  config: z.object({
    ...offPolicyConfig({ learningRate: 1e-3, hidden: [400, 300] }),
    ...explorationNoiseConfig,
  }),
  prior: actorCriticPrior('tanh'),
  build(context, config) {
    const learnerConfig = { ...config, numCritics: 1, policyDelay: 1, targetNoise: 0, targetNoiseClip: 0 };
    const withNetworks = withWindowNetworks('ddpg', context, config, 'fan-in');
    return buildOffPolicyAgent(
      'ddpg',
      context,
      config,
      (kernels, rng) => new DeterministicActorCritic('ddpg', withNetworks, learnerConfig, kernels, rng),
    );
  },
});
