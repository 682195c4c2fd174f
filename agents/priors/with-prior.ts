/**
 * Lets a supervised model guide an agent: what the model says stands in the observation, and the agent sees it, starts from
 * it, is held near it, explores by it, or corrects it, as far as its plugin says that it can.
 *
 * Source: columns beside the state and the warm start are common practice; the pull: see prior-pull.ts; guided exploration:
 * Fernández & Veloso (2006), "Probabilistic Policy Reuse in a Reinforcement Learning Agent",
 * https://doi.org/10.1145/1160633.1160762; residual: Silver et al. (2018), "Residual Policy Learning", arXiv:1812.06298.
 * Differences from the source: chances and weights fall linearly over a share of the run; a residual is added to what the
 * policy's network gives (log-probabilities of choices, the mean before tanh), so that exploration stays the agent's.
 */
import { type ConfigOverrides, type ConfigSchema, resolveConfig } from '../../core/config.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { Network } from '../../networks/network.ts';
import type { Agent, AgentContext, AgentPlugin } from '../agent.ts';
import type { NetworkRequest } from '../custom-network.ts';
import { PriorCloning } from './cloning.ts';
import { type PriorConfig, priorConfig } from './config.ts';
import { GuidedAgent } from './guided-agent.ts';
import { PriorNetwork, type PriorTerms } from './network.ts';
import { PriorReader } from './reader.ts';
import {
  requireForm,
  requireNetworks,
  requireRawObservations,
  requireUses,
  usesOf,
  withoutOwnNetwork,
} from './requirements.ts';
import type { PriorSupport } from './support.ts';

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
      const support = requireUses(plugin, usesOf(config));
      const terms: PriorTerms = {
        showsColumns: config.columns,
        residual: config.residual,
        deviation: config.deviation,
        form: support.continuousForm ?? 'means',
        weight: config.pullWeight,
        pullSum: 0,
        pullRows: 0,
      };
      const changesPolicy = config.residual > 0 || config.pullWeight > 0 || config.warmStartSteps > 0;
      const changesNetworks = changesPolicy || !config.columns;
      if (changesNetworks) requireRawObservations(name, support, settings);
      if (changesPolicy) requireForm(name, support, reader);
      const wrapped = wrapNetworks(name, context, support, settings, reader, terms);
      const inner = plugin.build(
        {
          ...context,
          totalSteps: Math.max(1, context.totalSteps - config.warmStartSteps),
          ...(changesNetworks && { createNetwork: wrapped.createNetwork }),
        },
        agentOverrides,
      );
      if (changesNetworks) requireNetworks(name, wrapped, changesPolicy, terms.form, reader);
      return guide(inner, context, config, reader, terms, wrapped);
    },
  };
}

interface WrappedNetworks {
  readonly createNetwork: (request: NetworkRequest, kernels: Kernels) => Network;
  /** In the order in which the agent asked for them. */
  readonly policies: PriorNetwork[];
  /** That the agent has asked for. */
  numNetworks: number;
  kernels: Kernels | undefined;
}

/** Puts a PriorNetwork around each network that the agent asks for, the user's or one like its own. */
function wrapNetworks(
  name: string,
  { createNetwork }: AgentContext,
  support: PriorSupport,
  settings: Readonly<Record<string, unknown>>,
  reader: PriorReader,
  terms: PriorTerms,
): WrappedNetworks {
  const wrapped: WrappedNetworks = {
    policies: [],
    numNetworks: 0,
    kernels: undefined,
    createNetwork(request, kernels) {
      const network =
        createNetwork?.(request, kernels) ?? support.createNetwork?.(request, kernels, settings);
      if (network === undefined) throw withoutOwnNetwork(name, request.role);
      const isPolicy = request.role === 'policy';
      const prior = new PriorNetwork(network, kernels, reader, terms, isPolicy);
      wrapped.kernels = kernels;
      wrapped.numNetworks++;
      if (isPolicy) wrapped.policies.push(prior);
      return prior;
    },
  };
  return wrapped;
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
