/**
 * Lets a supervised model guide any agent: what the model says stands in the observation, and the agent sees it, starts from
 * it, is held near it, explores by it, or corrects it.
 *
 * Source: columns beside the state and the warm start are common practice; the pull: see prior-pull.ts; guided exploration:
 * Fernández & Veloso (2006), "Probabilistic Policy Reuse in a Reinforcement Learning Agent",
 * https://doi.org/10.1145/1160633.1160762; residual: Silver et al. (2018), "Residual Policy Learning", arXiv:1812.06298.
 * Differences from the source: chances and weights fall linearly over a share of the run; a residual is added to what the
 * policy's network gives (log-probabilities of choices, the mean before tanh), so that exploration stays the agent's.
 */
import { type ConfigOverrides, type ConfigSchema, resolveConfig } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { createMlp } from '../../networks/layers/mlp.ts';
import type { Network } from '../../networks/network.ts';
import type { Agent, AgentContext, AgentPlugin } from '../agent.ts';
import type { NetworkRequest } from '../custom-network.ts';
import { createFanInMlp } from '../off-policy/fan-in-mlp.ts';
import { PriorCloning } from './cloning.ts';
import { type PriorConfig, priorConfig } from './config.ts';
import { GuidedAgent } from './guided-agent.ts';
import { PriorNetwork, type PriorTerms } from './network.ts';
import type { ContinuousForm } from './pull.ts';
import { PriorReader } from './reader.ts';

/** What a policy's network gives where actions are continuous, by agent. */
const FORMS: Readonly<Record<string, ContinuousForm>> = {
  ppo: 'means',
  a2c: 'means',
  sac: 'squashed',
  ddpg: 'tanh',
  td3: 'tanh',
};

/**
 * The agent with a prior. Its observation space must have the columns that withPriorColumns adds.
 * @throws ConfigError, when it is built: `missing-feature` without prior columns, `unsuitable-mechanism` where the agent
 *   cannot be guided so, `unsuitable-space` where actions are no exposures
 */
export function withPrior<Schema extends ConfigSchema>(
  plugin: AgentPlugin<Schema>,
  overrides: ConfigOverrides<typeof priorConfig> = {},
): AgentPlugin<Schema> {
  const { name } = plugin;
  const who = `Agent "${name}" with a prior`;
  const config = resolveConfig(priorConfig, overrides as Record<string, unknown>, 'the prior');
  return {
    ...plugin,
    build(context, agentOverrides) {
      const reader = new PriorReader(context.observationSpace, context.actionSpace, config, who);
      const settings = resolveConfig(plugin.config, agentOverrides ?? {}, `agent "${name}"`);
      if (config.guidance > 0) requireGuidable(name);
      const terms: PriorTerms = {
        showsColumns: config.columns,
        residual: config.residual,
        deviation: config.deviation,
        form: FORMS[name] ?? 'means',
        weight: config.pullWeight,
        pullSum: 0,
        pullRows: 0,
      };
      const wrapped = wrapNetworks(context, settings, reader, terms);
      const changesPolicy = config.residual > 0 || config.pullWeight > 0 || config.warmStartSteps > 0;
      if (changesPolicy || !config.columns) requireRawObservations(name, settings);
      const inner = plugin.build(
        {
          ...context,
          totalSteps: Math.max(1, context.totalSteps - config.warmStartSteps),
          ...((changesPolicy || !config.columns) && { createNetwork: wrapped.createNetwork }),
        },
        agentOverrides,
      );
      if (changesPolicy) requirePolicy(name, wrapped.policies, reader);
      return guide(inner, context, config, reader, terms, wrapped);
    },
  };
}

interface WrappedNetworks {
  readonly createNetwork: (request: NetworkRequest, kernels: Kernels) => Network;
  /** In the order in which the agent asked for them. */
  readonly policies: PriorNetwork[];
  kernels: Kernels | undefined;
}

/** Puts a PriorNetwork around each network that the agent asks for, the user's or one like its own. */
function wrapNetworks(
  { createNetwork }: AgentContext,
  settings: Readonly<Record<string, unknown>>,
  reader: PriorReader,
  terms: PriorTerms,
): WrappedNetworks {
  const wrapped: WrappedNetworks = {
    policies: [],
    kernels: undefined,
    createNetwork(request, kernels) {
      const network = createNetwork?.(request, kernels) ?? createOwn(request, kernels, settings);
      const isPolicy = request.role === 'policy';
      const prior = new PriorNetwork(network, kernels, reader, terms, isPolicy);
      wrapped.kernels = kernels;
      if (isPolicy) wrapped.policies.push(prior);
      return prior;
    },
  };
  return wrapped;
}

/** A network as the built-in agents start theirs: orthogonal where they learn from rollouts, else uniform by fan-in. */
function createOwn(
  { role, inputDim, outputDim, rng }: NetworkRequest,
  kernels: Kernels,
  settings: Readonly<Record<string, unknown>>,
): Network {
  const { hidden = [64, 64], activation = 'tanh' } = settings as {
    hidden?: number[];
    activation?: 'tanh' | 'relu';
  };
  const shape = { inputDim, outputDim, hidden, activation, rng };
  if (!('rolloutSteps' in settings)) return createFanInMlp(kernels, shape);
  return createMlp(kernels, { ...shape, init: 'orthogonal', outputScale: role === 'policy' ? 0.01 : 1 });
}

function guide(
  inner: Agent,
  context: AgentContext,
  config: PriorConfig,
  reader: PriorReader,
  terms: PriorTerms,
  { policies, kernels }: WrappedNetworks,
): Agent {
  if (config.residual + config.pullWeight + config.warmStartSteps + config.guidance === 0) return inner;
  const cloning =
    config.warmStartSteps > 0
      ? new PriorCloning(policies, kernels!, config.warmStartSteps, context.observationSpace.dim, config)
      : undefined;
  return new GuidedAgent(inner, context, config, reader, terms, cloning);
}

/** Agents that learn from what they drew themselves, and would take the prior's action for it. */
const OWN_DRAWS = new Set(['ppo', 'a2c', 'sac', 'ddpg', 'td3']);

function requireGuidable(name: string): void {
  if (!OWN_DRAWS.has(name)) return;
  throw unsuitable(
    name,
    'cannot explore by a prior (guidance), for it learns from its own draws',
    'use it with "dqn", or a pull, a warm start or a residual here',
  );
}

function requirePolicy(name: string, policies: readonly PriorNetwork[], { numChoices }: PriorReader): void {
  if (policies.length === 0) {
    throw unsuitable(
      name,
      'has no policy network for a pull, a warm start or a residual',
      'use columns or guidance with it, or "ppo", "a2c", "sac", "ddpg" or "td3"',
    );
  }
  if (numChoices > 0 || FORMS[name] !== undefined) return;
  throw unsuitable(
    name,
    'gives continuous actions in a form that is not known here',
    'use columns with it, or one of the built-in agents',
  );
}

function requireRawObservations(name: string, settings: Readonly<Record<string, unknown>>): void {
  if (settings.normalizeObservations !== true) return;
  throw unsuitable(
    name,
    "scales its observations, so that its networks cannot read a prior's probabilities in them",
    'turn normalizeObservations off, or use columns alone',
  );
}

function unsuitable(name: string, why: string, next: string): ConfigError {
  return new ConfigError('unsuitable-mechanism', `Agent "${name}" ${why}; ${next}.`);
}
