/**
 * Holds the parts that an env's settings name, built-in ones and those of plugins: features, rewards, fee, slippage and
 * latency models.
 */
import { resolveConfig } from '../core/config.ts';
import { Registry } from '../core/registry.ts';
import { builtInFees, type FeePlugin } from '../market/execution/fees.ts';
import { builtInLatencies, type LatencyPlugin } from '../market/execution/latency.ts';
import { builtInSlippages, type SlippagePlugin } from '../market/execution/slippage.ts';
import { builtinFeatures } from '../market/features/built-in.ts';
import { type Feature, featureShape } from '../market/features/features.ts';
import { type RewardPlugin, tradingRewards } from './trading/rewards.ts';

export interface EnvParts {
  readonly features: Registry<Feature>;
  readonly rewards: Registry<RewardPlugin>;
  readonly fees: Registry<FeePlugin>;
  readonly slippages: Registry<SlippagePlugin>;
  readonly latencies: Registry<LatencyPlugin>;
}

/** Those that come with the framework; not to be added to. */
export const builtInParts: EnvParts = {
  features: new Registry<Feature>(featureShape.kind, builtinFeatures),
  rewards: tradingRewards,
  fees: builtInFees,
  slippages: builtInSlippages,
  latencies: builtInLatencies,
};

/** Which key of an env's settings names a part, and which holds the part's own settings. */
const CHOICES = [
  { kind: 'rewards', name: 'reward', settings: 'rewardSettings' },
  { kind: 'fees', name: 'feeModel', settings: 'feeSettings' },
  { kind: 'slippages', name: 'slippageModel', settings: 'slippageSettings' },
  { kind: 'latencies', name: 'latencyModel', settings: 'latencySettings' },
] as const;

/**
 * An env's settings with those of its parts complete, so that a run's record says all of them.
 * @param config complete but for the parts
 * @param leftOut kinds that the settings do not decide
 * @throws ConfigError `unknown-name` with the nearest part, `unknown-key`, `invalid-value`
 */
export function completeParts<Config extends Readonly<Record<string, unknown>>>(
  config: Config,
  parts: EnvParts = builtInParts,
  leftOut: readonly (keyof EnvParts)[] = [],
): Config {
  const complete: Record<string, unknown> = { ...config };
  for (const { kind, name, settings } of CHOICES) {
    if (leftOut.includes(kind) || typeof config[name] !== 'string' || typeof config[settings] !== 'object')
      continue;
    const part = parts[kind].get(config[name]);
    const owner = `${part.kind} "${part.name}"`;
    complete[settings] = resolveConfig(part.config, config[settings] as Record<string, unknown>, owner);
  }
  return complete as Config;
}
