/**
 * The networks of an agent by name: dense layers over the whole observation, or a convolution, an LSTM or a GRU over its
 * window of rows, beside which the rest of the observation goes straight to the dense layers.
 */
import { type ConfigOf, z } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { describeSpace, type ObservationWindow } from '../envs/spaces.ts';
import type { Kernels } from '../networks/kernels/kernels.ts';
import { columnsLayer } from '../networks/layers/columns.ts';
import { conv1dLayer } from '../networks/layers/conv1d.ts';
import { createNetwork, type Layer } from '../networks/layers/layer.ts';
import { layerNormLayer } from '../networks/layers/layer-norm.ts';
import { createMlp, mlpLayer } from '../networks/layers/mlp.ts';
import { multiHeadLayer } from '../networks/layers/multi-head.ts';
import { recurrentWindowLayer } from '../networks/layers/recurrent-window.ts';
import { sequentialLayer } from '../networks/layers/sequential.ts';
import type { Network } from '../networks/network.ts';
import type { AgentContext } from './agent.ts';
import { type NetworkRequest, requireOwnNetworks } from './custom-network.ts';
import { createFanInMlp, fanInMlpLayer } from './off-policy/fan-in-mlp.ts';

/** The keys that every agent with networks of its own takes over. */
export const windowNetworkConfig = {
  network: z
    .enum(['mlp', 'cnn', 'lstm', 'gru'])
    .default('mlp')
    .describe(
      'mlp takes all numbers alike; cnn, lstm and gru read the rows of a windowed observation in order',
    ),
  recurrentUnits: z
    .int()
    .min(1)
    .default(64)
    .describe('units of the lstm or gru, which the hidden layers read'),
  channels: z
    .array(z.int().min(1))
    .min(1)
    .default([32, 32])
    .describe('cnn: channels of each convolution over the window'),
  kernelSize: z.int().min(1).default(3).describe('cnn: rows that a convolution sees at a time'),
  stride: z.int().min(1).default(1).describe('cnn: rows from one place of a convolution to the next'),
  layerNorm: z
    .boolean()
    .default(false)
    .describe('normalise hidden layers before their activation, and what a cnn, lstm or gru gives'),
};

export type WindowNetworkConfig = ConfigOf<z.ZodObject<typeof windowNetworkConfig>>;

interface Settings extends WindowNetworkConfig {
  readonly hidden: readonly number[];
  readonly activation: 'tanh' | 'relu';
  readonly stateDependentExploration?: boolean;
}

/**
 * The context with the networks that the settings name; itself where they name none but plain dense layers.
 * @param name the agent's, for messages
 * @param start `orthogonal`: as agents that learn from rollouts begin; `fan-in`: as those that replay do
 * @throws ConfigError `unsuitable-space` for a network that reads windows where observations have none, `window-too-short`,
 *   `unsuitable-network` where the user brings networks, `invalid-value` with state-dependent exploration
 */
export function withWindowNetworks(
  name: string,
  context: AgentContext,
  config: Settings,
  start: 'orthogonal' | 'fan-in',
): AgentContext {
  const { network, layerNorm } = config;
  if (network === 'mlp' && !layerNorm) return context;
  const setting = network === 'mlp' ? 'layerNorm' : `network "${network}"`;
  requireOwnNetworks(context, setting);
  if (config.stateDependentExploration) {
    throw new ConfigError(
      'invalid-value',
      `Agent "${name}": stateDependentExploration works with plain dense layers alone; leave out it or ${setting}.`,
    );
  }
  const { observationSpace } = context;
  const { window } = observationSpace;
  if (network === 'mlp') {
    return { ...context, createNetwork: (request, kernels) => createDense(kernels, request, config, start) };
  }
  if (window === undefined) {
    throw new ConfigError(
      'unsuitable-space',
      `Agent "${name}": network "${network}" reads a window of rows, but observations ${describeSpace(observationSpace)} ` +
        'have none; use network "mlp", or an env with a window, such as "trading".',
    );
  }
  // A window that is too short is found before anything is built.
  windowBranch(window, config, start, context.rng);
  return {
    ...context,
    createNetwork: (request, kernels) =>
      createNetwork(kernels, windowedLayer(request, window, config, start)),
  };
}

/** [B, W·F + A] to [B, O]. */
function windowedLayer(
  { role, inputDim, outputDim, rng }: NetworkRequest,
  window: ObservationWindow,
  config: Settings,
  start: 'orthogonal' | 'fan-in',
): Layer {
  const windowDim = window.rows * window.columns;
  const branch = windowBranch(window, config, start, rng);
  const body =
    inputDim === windowDim
      ? branch
      : multiHeadLayer([
          sequentialLayer([columnsLayer(inputDim, 0, windowDim), branch]),
          columnsLayer(inputDim, windowDim, inputDim),
        ]);
  const dense = { ...denseOf(config), inputDim: body.outputDim, outputDim, rng };
  return sequentialLayer([
    body,
    start === 'fan-in'
      ? fanInMlpLayer(dense)
      : mlpLayer({ ...dense, init: 'orthogonal', outputScale: outputScaleOf(role) }),
  ]);
}

/** Windows [B, W·F] to what is made of them. @throws ConfigError `window-too-short` */
function windowBranch(
  { rows, columns }: ObservationWindow,
  config: Settings,
  start: 'orthogonal' | 'fan-in',
  rng: Rng,
): Layer {
  const { network, layerNorm, kernelSize, stride, activation } = config;
  const layers: Layer[] = [];
  if (network === 'lstm' || network === 'gru') {
    // As the memories of PPO begin.
    const init = network === 'lstm' ? 'uniform' : 'orthogonal';
    const hiddenDim = config.recurrentUnits;
    layers.push(
      recurrentWindowLayer({ cell: network, window: rows, inputDim: columns, hiddenDim, init, rng }),
    );
  } else {
    let window = rows;
    let features = columns;
    const init = start === 'orthogonal' ? 'orthogonal' : 'he';
    for (const channels of config.channels) {
      const layer = conv1dLayer({ window, features, channels, kernelSize, stride, activation, init, rng });
      layers.push(layer);
      window = layer.outputWindow;
      features = channels;
    }
  }
  if (layerNorm) layers.push(layerNormLayer(layers[layers.length - 1].outputDim));
  return sequentialLayer(layers);
}

function createDense(
  kernels: Kernels,
  { role, inputDim, outputDim, rng }: NetworkRequest,
  config: Settings,
  start: 'orthogonal' | 'fan-in',
): Network {
  const options = { ...denseOf(config), inputDim, outputDim, rng };
  if (start === 'fan-in') return createFanInMlp(kernels, options);
  return createMlp(kernels, { ...options, init: 'orthogonal', outputScale: outputScaleOf(role) });
}

const denseOf = ({ hidden, activation, layerNorm }: Settings) => ({ hidden, activation, layerNorm });

/** Small for a policy, so that all actions start equally probable. */
const outputScaleOf = (role: NetworkRequest['role']): number => (role === 'policy' ? 0.01 : 1);
