import { createHash } from 'node:crypto';
import v8 from 'node:v8';
import { describe, expect, test } from 'vitest';
import { a2c } from '../../../agents/a2c.ts';
import type { AgentPlugin } from '../../../agents/agent.ts';
import { ddpg } from '../../../agents/ddpg.ts';
import { dqn } from '../../../agents/dqn.ts';
import { ppo } from '../../../agents/ppo.ts';
import { sac } from '../../../agents/sac.ts';
import { td3 } from '../../../agents/td3.ts';
import { createRng } from '../../../core/rng.ts';
import { hashSnapshot } from '../../../core/snapshot.ts';
import { CartPole } from '../../../envs/cartpole.ts';
import type { Env } from '../../../envs/env.ts';
import { Pendulum } from '../../../envs/pendulum.ts';
import { createVectorEnv } from '../../../envs/vector/vector-env.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { fusedObstacle } from '../../../networks/kernels/fused.ts';
import { createSharedMemory, instantiate } from '../../../networks/kernels/wasm-module.ts';
import { train } from '../../../trainers/train.ts';

// Node 20 has relaxed SIMD too, behind a flag of the engine.
if (process.version.startsWith('v20.')) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
const obstacle = fusedObstacle();

const INEXACT = 1.000244140625;

test('plain kernels are found not to fuse', () => {
  expect(instantiate(createSharedMemory(1, 1)).fuses(INEXACT)).toBe(0);
});

describe.skipIf(obstacle !== undefined)('fused kernels', () => {
  test('are found to fuse, and are named', () => {
    expect(instantiate(createSharedMemory(1, 1), 'fused').fuses(INEXACT)).toBe(1);
    expect(createKernels({ backend: 'wasm-fma' }).backend).toBe('wasm-fma');
  });

  test.each([
    [1, 1, 1],
    [6, 16, 5],
    [13, 33, 40],
    [19, 130, 300],
    [64, 18, 7],
  ])('round each multiply-add once, in order, whatever tile it falls into: %i × %i × %i', (M, N, K) => {
    const kernels = createKernels({ backend: 'wasm-fma' });
    const rng = createRng(M);
    // Eleven bits each: products of two are exact in single precision, and sums of a few as well, so that fusing shows in the rest.
    const draw = (length: number) => kernels.allocate(length).map(() => rng.gaussian());
    const held = (values: Float32Array) => {
      const array = kernels.allocate(values.length);
      array.set(values);
      return array;
    };
    const [a, b, bias] = [held(draw(M * K)), held(draw(K * N)), held(draw(N))];
    const c = kernels.allocate(M * N);
    kernels.dense(a, b, bias, c, M, K, N, 'identity');
    const expected = new Float32Array(M * N);
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = bias[n];
        for (let k = 0; k < K; k++) sum = fusedMultiplyAdd(a[m * K + k], b[k * N + n], sum);
        expected[m * N + n] = sum;
      }
    }
    expect([...c]).toEqual([...expected]);
  });

  test('give the same bits for any number of threads', () => {
    const hashes = [1, 2, 3].map((threads) => {
      const kernels = createKernels({ backend: 'wasm-fma', threads });
      const rng = createRng('threads');
      const [a, b, c] = [257 * 129, 129 * 131, 257 * 131].map((length) => kernels.allocate(length));
      for (const array of [a, b]) for (let i = 0; i < array.length; i++) array[i] = rng.gaussian();
      const sha = createHash('sha256');
      for (let round = 0; round < 5; round++) {
        kernels.multiply(a, b, c, 257, 129, 131, round > 0);
        sha.update(new Uint8Array(c.slice().buffer));
      }
      kernels.close();
      return sha.digest('hex');
    });
    expect(new Set(hashes).size).toBe(1);
  });

  const cartPole = (seed: number): Env => new CartPole(seed);
  const pendulum = (seed: number): Env => new Pendulum(seed, 50);
  const onPolicy = { rolloutSteps: 32, hidden: [19] };
  const offPolicy = { hidden: [19], batchSize: 25, bufferSize: 500, learningStarts: 60 };
  const PINNED: readonly (readonly [
    plugin: AgentPlugin,
    createEnv: (seed: number) => Env,
    config: Record<string, unknown>,
    hash: string,
  ])[] = [
    [
      ppo,
      cartPole,
      { ...onPolicy, minibatchSize: 25, epochs: 3 },
      '8c6c227f56b0c1df3c23179e5d1c088df7c209ed6fa6b5ee0cfd8b7da2a37384',
    ],
    [a2c, pendulum, { hidden: [19] }, '08d67be6f45ce16310f049721e21844aaea7b85e0820116bb39b5c8ff4c7f68c'],
    [dqn, cartPole, offPolicy, 'f6269d15fa696d3b187a07f0a63a84753a24a00eda74ce88ae42904f24666ebf'],
    [ddpg, pendulum, offPolicy, '503a4b2950ba9e6b1a84ebe8f349fa242e6ffb9cee943fe58155299b92657669'],
    [td3, pendulum, offPolicy, '1a1bdb9c02e45a7b23ff2580e7d16084d326844402e5aed667369df72ad3ca66'],
    [sac, pendulum, offPolicy, '74f039c0aa4ac417f07f675e33ac8ed1fe5c18c0338d70fffb38ad943dd3944d'],
  ];
  test.each(PINNED.map(([plugin, ...rest]) => [plugin.name, plugin, ...rest] as const))(
    'train %s to pinned bits',
    (_, plugin, createEnv, config, hash) => {
      const envs = createVectorEnv([createEnv(1), createEnv(2)]);
      const { observationSpace, actionSpace } = envs;
      const totalSteps = 400;
      const context = { observationSpace, actionSpace, numEnvs: 2, rng: createRng(1), totalSteps };
      const agent = plugin.build({ ...context, kernels: { backend: 'wasm-fma' } }, config);
      train({ envs, agent, totalSteps, seed: 1 });
      expect(hashSnapshot(agent.save())).toBe(hash);
    },
  );
});

/**
 * x · y + sum of single-precision numbers, rounded once. The product is exact in double precision; adding may round there, which is
 * made up for by rounding to odd before the second rounding.
 */
function fusedMultiplyAdd(x: number, y: number, sum: number): number {
  const product = x * y;
  const total = product + sum;
  const back = total - product;
  const error = product - (total - back) + (sum - back);
  if (error === 0 || !Number.isFinite(total)) return Math.fround(total);
  const bits = new BigInt64Array(new Float64Array([total]).buffer);
  if ((bits[0] & 1n) === 0n) bits[0] += error > 0 === total > 0 ? 1n : -1n;
  return Math.fround(new Float64Array(bits.buffer)[0]);
}
