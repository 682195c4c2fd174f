/** The kinds of plugin: how each is told from the others, and where the catalogue keeps it. */
import { agentShape } from '../../agents/agent.ts';
import { networkShape } from '../../agents/custom-network.ts';
import type { PluginShape } from '../../core/plugin.ts';
import { envShape } from '../../envs/env.ts';
import { rewardShape } from '../../envs/trading/rewards.ts';
import { venueShape } from '../../live/connection/venue.ts';
import { feeShape } from '../../market/execution/fees.ts';
import { latencyShape } from '../../market/execution/latency.ts';
import { slippageShape } from '../../market/execution/slippage.ts';
import { featureShape } from '../../market/features/features.ts';
import { modelShape } from '../../models/model.ts';
import { signalRuleShape } from '../../models/signals/exposure.ts';
import { prunerShape } from '../search/pruner.ts';
import { samplerShape } from '../search/sampler.ts';

/** By the names of the catalogue's registries. */
export const PLUGIN_KINDS = {
  agents: agentShape,
  envs: envShape,
  networks: networkShape,
  features: featureShape,
  rewards: rewardShape,
  fees: feeShape,
  slippages: slippageShape,
  latencies: latencyShape,
  venues: venueShape,
  models: modelShape,
  signalRules: signalRuleShape,
  samplers: samplerShape,
  pruners: prunerShape,
} as const satisfies Readonly<Record<string, PluginShape>>;

export type PluginKind = keyof typeof PLUGIN_KINDS;

const KINDS = Object.entries(PLUGIN_KINDS) as [PluginKind, PluginShape][];

/** Methods that one kind alone has, for objects that no `define…` made. */
const TELLING: readonly (readonly [method: string, kind: PluginKind])[] = [
  ['build', 'agents'],
  ['connect', 'venues'],
  ['train', 'models'],
  ['lookback', 'features'],
];

/**
 * The kind that a value says it is, or that its methods show.
 * @returns undefined for what is no plugin
 */
export function kindOf(value: unknown): PluginKind | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const plugin = value as Readonly<Record<string, unknown>>;
  const said = KINDS.find(([, { kind }]) => kind === plugin.kind);
  if (said !== undefined) return said[0];
  if (typeof plugin.name !== 'string') return undefined;
  const shown = TELLING.find(([method]) => typeof plugin[method] === 'function');
  if (shown !== undefined) return shown[1];
  // Before kinds were written into plugins, what has settings and creates was an env.
  return typeof plugin.create === 'function' && typeof plugin.config === 'object' ? 'envs' : undefined;
}

/** `defineAgent, defineEnv, … or defineSignalRule` */
export function listDefines(): string {
  const names = KINDS.map(([, { define }]) => define);
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
