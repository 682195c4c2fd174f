/** Settings with which agents learn the kinds of arbitrage over several markets; docs/arbitrage.md has what they reach. */
import type { ComboKind } from '../../../envs/combos/kinds.ts';

/**
 * Steps that are few and far apart, as funding is, are learnt from short rollouts; a premium that comes and goes takes many
 * more samples, a smaller step for each, and a longer view.
 */
const PPO = {
  gamma: 0.99,
  lambda: 0.95,
  rolloutSteps: 256,
  minibatchSize: 256,
  hidden: [32],
  learningRate: 1e-3,
};
const PATIENT = {
  ...PPO,
  gamma: 0.995,
  lambda: 0.97,
  rolloutSteps: 1024,
  minibatchSize: 1024,
  hidden: [32, 32],
  learningRateSchedule: 'linear',
  entropyCoefficient: 0.002,
};

/** @returns settings of an agent by its name; none for one that is not known */
export function comboAgentSettings(
  { name }: Pick<ComboKind, 'name'>,
  agent: string,
): Record<string, unknown> {
  if (agent !== 'ppo') return {};
  return name === 'carry' || name === 'perp-carry' ? PPO : PATIENT;
}

/** Env steps that are enough for the kind. */
export function comboSteps({ name }: Pick<ComboKind, 'name'>): number {
  return name === 'carry' || name === 'perp-carry' ? 60_000 : 600_000;
}
