/** How fast products, layers and single updates are. */
import { createPolicyHead } from '../../agents/on-policy/create-policy-head.ts';
import { PpoLoss } from '../../agents/on-policy/ppo-loss.ts';
import { createRng } from '../../core/rng.ts';
import { createDiscrete } from '../../envs/spaces.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import { fusedObstacle } from '../../networks/kernels/fused.ts';
import type { KernelBackend } from '../../networks/kernels/kernels.ts';
import { createGru } from '../../networks/layers/gru.ts';
import { createLstm } from '../../networks/layers/lstm.ts';
import { createMlp } from '../../networks/layers/mlp.ts';
import { clipGradientNorm, createAdam } from '../../networks/optimizer.ts';
import { type Benchmark, ifBlasFound, secondsPer } from './benchmark.ts';

const milliseconds = (name: string, measure: () => number): Benchmark => ({ name, unit: 'ms', measure });
const gflops = (name: string, measure: () => number): Benchmark => ({ name, unit: 'GFLOP/s', measure });

export const networkBenchmarks: readonly Benchmark[] = [
  gflops('kernel.gemm_gflops.64x64x64', () => measureProduct(64, 'wasm')),
  gflops('kernel.gemm_gflops.256x256x256', () => measureProduct(256, 'wasm')),
  gflops('kernel.gemm_gflops.256x256x256.fma', () =>
    fusedObstacle() === undefined ? measureProduct(256, 'wasm-fma') : Number.NaN,
  ),
  gflops('kernel.gemm_gflops.256x256x256.blas', () => ifBlasFound(() => measureProduct(256, 'blas'))),
  milliseconds('ppo.update64_ms', measurePpoUpdate),
  { name: 'act.batch1_us', unit: 'µs', measure: measureGreedyAction },
  milliseconds('lstm.forward_backward_ms', () => measureRecurrent(createLstm, 'wasm')),
  milliseconds('lstm.forward_backward_ms.blas', () =>
    ifBlasFound(() => measureRecurrent(createLstm, 'blas')),
  ),
  milliseconds('gru.forward_backward_ms', () => measureRecurrent(createGru, 'wasm')),
  milliseconds('gru.forward_backward_ms.blas', () => ifBlasFound(() => measureRecurrent(createGru, 'blas'))),
];

function measureProduct(size: number, backend: KernelBackend): number {
  const kernels = createKernels({ backend });
  const rng = createRng(1);
  const [a, b, c] = [0, 1, 2].map(() => kernels.allocate(size * size));
  for (let i = 0; i < size * size; i++) {
    a[i] = rng.gaussian();
    b[i] = rng.gaussian();
  }
  const calls = Math.ceil(2e8 / size ** 3);
  const seconds = secondsPer(calls, () => kernels.multiply(a, b, c, size, size, size, false));
  return (2 * size ** 3) / seconds / 1e9;
}

/** One minibatch of 64 rows: two 32-64-64 tanh nets, three actions, loss, backward, clipping and Adam. */
function measurePpoUpdate(): number {
  const size = 64;
  const inputDim = 32;
  const kernels = createKernels();
  const rng = createRng(1);
  const head = createPolicyHead(kernels, createDiscrete(3), 0);
  const body = { inputDim, hidden: [64, 64], activation: 'tanh', init: 'orthogonal', rng } as const;
  const policy = createMlp(kernels, { ...body, outputDim: 3, outputScale: 0.01 });
  const critic = createMlp(kernels, { ...body, outputDim: 1, outputScale: 1 });
  const config = {
    normalizeAdvantages: true,
    entropyCoefficient: 0.01,
    valueCoefficient: 0.5,
    valueClipRange: 0,
  };
  const loss = new PpoLoss({ policy, critic, head }, config, size, kernels);
  const blocks = [policy, critic];
  const optimizer = createAdam(kernels, blocks, { epsilon: 1e-5 });
  const gaussians = (length: number): Float32Array => Float32Array.from({ length }, () => rng.gaussian());
  const observations = kernels.allocate(size * inputDim);
  observations.set(gaussians(size * inputDim));
  const minibatch = {
    size,
    observations,
    actions: Int32Array.from({ length: size }, () => rng.integer(3)),
    oldLogProbs: new Float32Array(size).fill(-1.0986123),
    oldValues: new Float32Array(size),
    advantages: gaussians(size),
    returns: gaussians(size),
  };
  const update = (): void => {
    loss.accumulateGradients(minibatch, 0.2);
    clipGradientNorm(kernels, blocks, 0.5);
    optimizer.step(1e-5);
  };
  return secondsPer(1000, update) * 1000;
}

/** The greedy action of a 32-64-64-3 net for one observation. */
function measureGreedyAction(): number {
  const kernels = createKernels();
  const rng = createRng(1);
  const head = createPolicyHead(kernels, createDiscrete(3), 0);
  const layers = {
    inputDim: 32,
    hidden: [64, 64],
    outputDim: 3,
    activation: 'tanh',
    init: 'orthogonal',
  } as const;
  const policy = createMlp(kernels, { ...layers, outputScale: 1, rng });
  const observation = Float32Array.from({ length: 32 }, () => rng.gaussian());
  const actions = head.createActions(1);
  return secondsPer(50_000, () => head.modeInto(actions, policy.forward(observation, 1), 1)) * 1e6;
}

/** 64 sequences of 32 steps, 64 inputs, 64 units. */
function measureRecurrent(create: typeof createLstm, backend: KernelBackend): number {
  const [numSteps, batch, dim] = [32, 64, 64];
  const kernels = createKernels({ backend });
  const rng = createRng(1);
  const network = create(kernels, { inputDim: dim, hiddenDim: dim, init: 'uniform', rng });
  const inputs = kernels.allocate(numSteps * batch * dim);
  const outputGradients = kernels.allocate(numSteps * batch * dim);
  for (let i = 0; i < inputs.length; i++) {
    inputs[i] = rng.gaussian();
    outputGradients[i] = rng.gaussian();
  }
  const pass = (): void => {
    network.forward(inputs, undefined, undefined, numSteps, batch);
    network.backward(outputGradients);
  };
  return secondsPer(20, pass) * 1000;
}
