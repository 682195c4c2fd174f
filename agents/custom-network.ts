/** Lets the user bring networks: any built-in agent learns with them in place of its own. */
import { type ConfigSchema, resolveConfig } from '../core/config.ts';
import { ConfigError, MarketGymError } from '../core/errors.ts';
import { definePart, type PartDefinition, type PartPlugin, type PluginShape } from '../core/plugin.ts';
import type { Rng } from '../core/rng.ts';
import type { ActionSpace, Box } from '../envs/spaces.ts';
import type { Kernels } from '../networks/kernels/kernels.ts';
import type { Network } from '../networks/network.ts';

export interface NetworkRequest {
  /**
   * `policy`: from an observation to what actions are drawn or computed from: logits, means, or means and log deviations.
   * Its outputs may be any numbers; where actions have bounds the agent sees to them.
   * `critic`: values. Of an observation (PPO, A2C), of each choice in it (DQN, SAC with discrete actions), or of an
   * observation followed by an action (DDPG, TD3, SAC).
   */
  readonly role: 'policy' | 'critic';
  /** Numbers per input row. */
  readonly inputDim: number;
  /** Numbers per output row. */
  readonly outputDim: number;
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  /** For initial parameters: twin critics start apart because each has a stream of its own. */
  readonly rng: Rng;
}

/**
 * Makes a network, or leaves it to the agent by returning undefined. It is called once for every network an agent needs:
 * twin critics and target networks too, which are given the parameters of what they follow.
 * @param kernels in whose memory parameters and gradients must lie
 */
export type NetworkFactory = (request: NetworkRequest, kernels: Kernels) => Network | undefined;

/** A way to make networks that has a name and settings: its `create` is asked once a network, as a `NetworkFactory` is. */
export type NetworkPlugin = PartPlugin<KernelRequest, Network | undefined>;

/** A request, and the kernels in whose memory parameters and gradients must lie. */
export interface KernelRequest extends NetworkRequest {
  readonly kernels: Kernels;
}

export const networkShape: PluginShape = { kind: 'network', define: 'defineNetwork', methods: ['create'] };

/**
 * Makes networks that `--network NAME` can name; any built-in agent learns with them in place of its own.
 * @param plugin `create` gets the request with the kernels, and the settings of its own; it returns undefined for a network
 * that is left to the agent
 * @throws ConfigError `invalid-plugin` for one that is not whole
 * @example
 * export const narrow = defineNetwork({
 *   name: 'narrow',
 *   description: 'Eight units',
 *   create: ({ kernels, inputDim, outputDim, rng }) =>
 *     createMlp(kernels, { inputDim, hidden: [8], outputDim, activation: 'tanh', init: 'orthogonal', outputScale: 1, rng }),
 * });
 */
export function defineNetwork<Schema extends ConfigSchema = ConfigSchema>(
  plugin: PartDefinition<Schema, KernelRequest, Network | undefined>,
): NetworkPlugin {
  return definePart(networkShape, plugin);
}

/** The plugin with its settings, as an agent's context takes it. @throws ConfigError for settings that cannot be */
export function factoryOf(
  plugin: NetworkPlugin,
  settings: Readonly<Record<string, unknown>>,
): NetworkFactory {
  const config = resolveConfig(plugin.config, settings, `network "${plugin.name}"`);
  return (request, kernels) => plugin.create({ ...request, kernels }, config);
}

/** The part of an agent's context that decides about its networks. */
export interface NetworkContext {
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly createNetwork?: NetworkFactory;
}

/** Networks in use; the same one twice would be trained twice. */
const inUse = new WeakSet<Network>();

/**
 * @returns the user's network, or undefined where the agent is to make its own
 * @throws ConfigError `unsuitable-network` when it does not fit, is in use already, or lies in other memory
 * @throws ConfigError `network-not-made`, or the code of the error that the factory throws
 */
export function createCustomNetwork(
  context: NetworkContext,
  kernels: Kernels,
  { role, inputDim, outputDim, rng }: Pick<NetworkRequest, 'role' | 'inputDim' | 'outputDim' | 'rng'>,
): Network | undefined {
  const { observationSpace, actionSpace, createNetwork } = context;
  if (createNetwork === undefined) return undefined;
  const need = `The ${role} needs a network from ${inputDim} numbers to ${outputDim}`;
  const refuse = (why: string): ConfigError => new ConfigError('unsuitable-network', `${need}, ${why}.`);
  let network: Network | undefined;
  try {
    network = createNetwork({ role, inputDim, outputDim, observationSpace, actionSpace, rng }, kernels);
  } catch (cause) {
    const [reason] = String(cause instanceof Error ? cause.message : cause).split('\n');
    const code = cause instanceof MarketGymError ? cause.code : 'network-not-made';
    throw new ConfigError(code, `${need}, but createNetwork failed: ${reason}`, { cause });
  }
  if (network === undefined) return undefined;
  if (!isNetwork(network)) throw refuse('but createNetwork returned something that is no network');
  if (network.inputDim !== inputDim || network.outputDim !== outputDim) {
    throw refuse(
      `but createNetwork returned one from ${network.inputDim} to ${network.outputDim}; build it from the ` +
        "request's inputDim and outputDim",
    );
  }
  if (network.parameters.length !== network.gradients.length) {
    throw refuse('but createNetwork returned one with another number of gradients than of parameters');
  }
  if (!kernels.owns(network.parameters) || !kernels.owns(network.gradients)) {
    throw refuse('with its parameters in the memory of the kernels that createNetwork is given');
  }
  if (inUse.has(network))
    throw refuse('but createNetwork returned one that is in use; build a new one each time');
  const given = tryForward(network);
  if (given !== undefined) throw refuse(`but forward of what createNetwork returned ${given}`);
  inUse.add(network);
  return network;
}

/** What a network that says the right dimensions does with one row of zeros, if not what it says. */
function tryForward(network: Network): string | undefined {
  let outputs: unknown;
  try {
    outputs = network.forward(new Float32Array(network.inputDim), 1);
  } catch (cause) {
    return `failed: ${String(cause instanceof Error ? cause.message : cause).split('\n')[0]}`;
  }
  if (outputs instanceof Promise) return 'returned a promise; it must return at once';
  if (!(outputs instanceof Float32Array)) return 'returned no Float32Array';
  if (outputs.length >= network.outputDim) return undefined;
  return `returned ${outputs.length} numbers for one row`;
}

/**
 * For what is built into an agent's own networks.
 * @param setting that asks for it
 * @throws ConfigError `unsuitable-network` where the user brings networks
 */
export function requireOwnNetworks({ createNetwork }: NetworkContext, setting: string): void {
  if (createNetwork === undefined) return;
  throw new ConfigError(
    'unsuitable-network',
    `The setting ${setting} needs the agent's own networks; leave out one of the two: it, or createNetwork (--network).`,
  );
}

/** What a user's JavaScript may get wrong. */
function isNetwork(value: unknown): value is Network {
  const { parameters, gradients, forward, backward, inputGradients } = (value ?? {}) as Partial<Network>;
  return (
    parameters instanceof Float32Array &&
    gradients instanceof Float32Array &&
    [forward, backward, inputGradients].every((method) => typeof method === 'function')
  );
}
