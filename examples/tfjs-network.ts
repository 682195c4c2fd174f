/**
 * A TensorFlow.js model as the network of any agent:
 *
 *     npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm
 *     npx market-gym train --env cartpole --agent ppo --network examples/tfjs-network.ts --steps 20000
 */
import type { NetworkFactory } from 'market-gym';
import { createTfjsNetwork, loadTensorFlow } from 'market-gym/networks';

const tf = await loadTensorFlow();

/** Two tanh layers of 32 units, for the policy and for the critic alike. */
export const createNetwork: NetworkFactory = ({ role, inputDim, outputDim, rng }, kernels) => {
  // Seeds come from the run's one seed, so that the run can be repeated.
  const weights = () => tf.initializers.orthogonal({ gain: Math.SQRT2, seed: rng.integer(2 ** 31) });
  const last = tf.initializers.orthogonal({ gain: role === 'policy' ? 0.01 : 1, seed: rng.integer(2 ** 31) });
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        units: 32,
        activation: 'tanh',
        inputShape: [inputDim],
        kernelInitializer: weights(),
      }),
      tf.layers.dense({ units: 32, activation: 'tanh', kernelInitializer: weights() }),
      tf.layers.dense({ units: outputDim, kernelInitializer: last }),
    ],
  });
  return createTfjsNetwork(kernels, tf, model, { inputDim, outputDim });
};
