/** The public names of the agents: the contract, the built-in plugins, and the parts that one's own agent is made of. */

export type { StepContext, TransitionBatch } from '../envs/transition.ts';
export { a2c } from './a2c.ts';
export { type Agent, type AgentContext, type AgentPlugin, defineAgent, type Metrics } from './agent.ts';
export { builtInAgents } from './built-in.ts';
export type { NetworkContext, NetworkFactory, NetworkRequest } from './custom-network.ts';
export { defineNetwork, factoryOf, type KernelRequest, type NetworkPlugin } from './custom-network.ts';
export { ddpg } from './ddpg.ts';
export { dqn } from './dqn.ts';
export {
  type NormalizationConfig,
  normalizationConfig,
  normalizeAgent,
  ObservationNormalizer,
  RewardNormalizer,
} from './normalization.ts';
export { type OffPolicyConfig, offPolicyConfig } from './off-policy/config.ts';
export { buildOffPolicyAgent, type LearnerBatch, type OffPolicyLearner } from './off-policy/loop.ts';
export type { SacConfig } from './off-policy/sac-config.ts';
export { createPolicyHead } from './on-policy/create-policy-head.ts';
export type { Demonstration, Imitator } from './on-policy/imitation.ts';
export type { PolicyHead } from './on-policy/policy-head.ts';
export type { PpoConfig } from './on-policy/ppo-config.ts';
export type { PolicyDecision, PolicyDescription } from './policy-description.ts';
export { ppo } from './ppo.ts';
export type { PriorConfig } from './priors/config.ts';
export { priorConfig } from './priors/config.ts';
export type { PriorSupport, PriorUse } from './priors/support.ts';
export { withPrior } from './priors/with-prior.ts';
export { buyAndHold } from './rules/buy-and-hold.ts';
export { comboHysteresis } from './rules/combo-hysteresis.ts';
export { edgeThreshold } from './rules/edge-threshold.ts';
export { edgeTrailing } from './rules/edge-trailing.ts';
export { hedgedMaker } from './rules/hedged-maker.ts';
export { pairsReversion } from './rules/pairs-reversion.ts';
export { priorPolicy } from './rules/prior-policy.ts';
export { random } from './rules/random.ts';
export { signal } from './rules/signal.ts';
export { smaCross } from './rules/sma-cross.ts';
export { sac } from './sac.ts';
export { scheduleConfig, scheduled } from './schedule.ts';
export { td3 } from './td3.ts';
