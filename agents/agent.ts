/** Defines the contract of agents: batch first, two verbs. */
import type { ConfigOf, ConfigOverrides, ConfigSchema } from '../core/config.ts';
import { resolveConfig } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import { suggestion } from '../core/nearest.ts';
import { noSettings, type PluginShape, requirePlugin } from '../core/plugin.ts';
import type { Registry } from '../core/registry.ts';
import type { Rng } from '../core/rng.ts';
import type { Snapshotable } from '../core/snapshot.ts';
import type { ActionBatch, ActionSpace, Box } from '../envs/spaces.ts';
import type { StepContext, TransitionBatch } from '../envs/transition.ts';
import type { SignalRulePlugin } from '../models/signals/exposure.ts';
import type { KernelOptions } from '../networks/kernels/kernels.ts';
import type { NetworkFactory } from './custom-network.ts';
import type { PolicyDescription } from './policy-description.ts';
import { PRIOR_USES, type PriorSupport } from './priors/support.ts';

/** Named scalars of one learning update: losses, entropy, learning rate. */
export type Metrics = Readonly<Record<string, number>>;

export interface Agent extends Snapshotable {
  /**
   * Chooses an action per env. The result is a view.
   * @param observations [N, D]
   * @param explore false for evaluation: greedy, consumes no randomness, changes nothing that is learnt or saved
   * @param stepContext absent: no episode begins here, and every choice is allowed
   */
  act(observations: Float32Array, numEnvs: number, explore: boolean, stepContext?: StepContext): ActionBatch;
  /** Takes in the step that the last exploring `act` led to; learns when it has enough and then returns metrics. */
  observe(transition: TransitionBatch): Metrics | undefined;
  /**
   * The episodes under way go on no more, and others begin, perhaps in other envs: what is learnt later must not join a step
   * from before with one from after. Absent: the agent remembers no steps.
   */
  dropPartialRollout?(): void;
  /**
   * What greedy actions depend on beside the observation and what is learnt, such as the memory of a recurrent network;
   * none of `save`. Absent: nothing.
   */
  readonly evaluation?: Snapshotable;
  /** What `act` computes where it does not explore; absent or undefined: it cannot be said so. */
  describePolicy?(): PolicyDescription | undefined;
  /** What people should know of how it is set up, a sentence each. */
  readonly remarks?: readonly string[];
}

/** What an agent is built for. */
export interface AgentContext {
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly numEnvs: number;
  /** The agent's own randomness; the one seed of a run decides it. */
  readonly rng: Rng;
  /** Whether the envs say which actions are allowed; absent: they do not. */
  readonly masksActions?: boolean;
  /** How matrix products are computed and on how many threads; absent: portable, on one. */
  readonly kernels?: KernelOptions;
  /** Makes the agent's networks in place of its own; absent: the agent's configuration decides. */
  readonly createNetwork?: NetworkFactory;
  /** The rules that agent signal may follow; absent: those that come with the framework. */
  readonly signalRules?: Registry<SignalRulePlugin>;
  /** Planned env steps of the whole run, for schedules; Infinity where there is no end, as live. */
  readonly totalSteps: number;
}

export interface AgentPlugin<Schema extends ConfigSchema = ConfigSchema> {
  /** Set by `defineAgent`. */
  readonly kind?: string;
  readonly name: string;
  /** One sentence for `market-gym list`. */
  readonly description: string;
  readonly config: Schema;
  /** What the agent can do with a prior; absent: see its columns. */
  readonly prior?: PriorSupport<ConfigOf<Schema>>;
  build(context: AgentContext, overrides?: ConfigOverrides<Schema>): Agent;
}

export const agentShape: PluginShape = { kind: 'agent', define: 'defineAgent', methods: ['build'] };

/**
 * Makes an agent plugin: `build` is called with a complete, checked configuration.
 * @throws ConfigError `invalid-plugin` for one that is not whole
 * @example
 * export const first = defineAgent({
 *   name: 'first',
 *   description: 'Always the first choice',
 *   config: z.object({}),
 *   build: () => ({
 *     act: (observations, numEnvs) => new Int32Array(numEnvs),
 *     observe: () => undefined,
 *     save: () => ({ arrays: {}, values: {} }),
 *     load() {},
 *   }),
 * });
 */
export function defineAgent<Schema extends ConfigSchema>(plugin: {
  name: string;
  description: string;
  config: Schema;
  prior?: PriorSupport<ConfigOf<Schema>>;
  build(context: AgentContext, config: ConfigOf<Schema>): Agent;
}): AgentPlugin<Schema> {
  requirePlugin(agentShape, plugin);
  requirePriorUses(plugin);
  const config = plugin.config ?? noSettings;
  return {
    ...plugin,
    kind: agentShape.kind,
    config,
    build: (context, overrides = {} as ConfigOverrides<Schema>) =>
      plugin.build(
        context,
        resolveConfig(config, overrides as Record<string, unknown>, `agent "${plugin.name}"`),
      ),
  };
}

function requirePriorUses({ name, prior }: { name: string; prior?: PriorSupport }): void {
  const wrong = prior?.uses.find((use) => !PRIOR_USES.includes(use));
  if (wrong === undefined) return;
  throw new ConfigError(
    'invalid-plugin',
    `The agent "${name}" is not whole: "${wrong}" is no use of a prior.${suggestion(wrong, PRIOR_USES)}`,
  );
}
