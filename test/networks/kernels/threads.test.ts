import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, test } from 'vitest';
import { createRng, type Rng } from '../../../core/rng.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import type { Kernels } from '../../../networks/kernels/kernels.ts';
import { KernelMemory } from '../../../networks/kernels/memory.ts';
import { startThreads } from '../../../networks/kernels/threads.ts';
import { createMlp } from '../../../networks/layers/mlp.ts';
import { clipGradientNorm, createAdam } from '../../../networks/optimizer.ts';
import { counts } from '../../soak.ts';

const kernelsOf = [1, 2, 3, 4].map((threads) => createKernels({ threads }));
afterAll(() => {
  for (const kernels of kernelsOf) kernels.close();
});

function gaussians(kernels: Kernels, length: number, rng: Rng): Float32Array {
  const array = kernels.allocate(length);
  for (let i = 0; i < length; i++) array[i] = rng.gaussian();
  return array;
}

function doneByOthers(kernels: Kernels): number {
  return (kernels.exports.chunksDoneByOthers as () => number)();
}

/** Runs on one thread, then on several until the others have done a part of it: always the same bytes. */
async function expectSameBits(run: (kernels: Kernels) => Float32Array[]): Promise<void> {
  const hash = (kernels: Kernels) => {
    const sha = createHash('sha256');
    for (const array of run(kernels)) sha.update(new Uint8Array(array.slice().buffer));
    return sha.digest('hex');
  };
  const expected = hash(kernelsOf[0]);
  for (const kernels of kernelsOf.slice(1)) {
    const before = doneByOthers(kernels);
    for (let round = 0; round < 200; round++) {
      expect(hash(kernels), `${kernels.threads} threads`).toBe(expected);
      if (round > 2 && doneByOthers(kernels) > before) break;
      await sleep(1);
    }
    expect(doneByOthers(kernels)).toBeGreaterThan(before);
  }
  expect(doneByOthers(kernelsOf[0])).toBe(0);
}

describe('one, two, three and four threads give the same bits', () => {
  const shapes = [
    [257, 129, 65],
    [67, 300, 70],
    [301, 77, 33],
    [128, 64, 401],
    [64, 600, 131],
    [256, 64, 64],
  ];
  test.each(shapes.slice(0, counts(3, 6)))('in products of %i × %i × %i', async (M, K, N) => {
    await expectSameBits((kernels) => {
      const rng = createRng(M);
      const a = gaussians(kernels, M * K, rng);
      const b = gaussians(kernels, K * N, rng);
      const bias = gaussians(kernels, N, rng);
      const wide = gaussians(kernels, M * N, rng);
      const results = [M * N, M * N, M * N, K * N, M * K].map((length) => gaussians(kernels, length, rng));
      kernels.dense(a, b, bias, results[0], M, K, N, 'tanh');
      kernels.multiply(a, b, results[1], M, K, N, true);
      kernels.multiply(a, b, results[2], M, K, N, false);
      kernels.multiplyTransposedA(a, wide, results[3], M, K, N, true);
      kernels.multiplyTransposedB(wide, b, results[4], M, N, K, false);
      return results;
    });
  });

  test('in activations, their gradients and softmax', async () => {
    await expectSameBits((kernels) => {
      const rng = createRng(2);
      const [rows, columns] = [1001, 67];
      const y = gaussians(kernels, rows * columns, rng);
      const dy = gaussians(kernels, rows * columns, rng);
      const bias = gaussians(kernels, columns, rng);
      const logProbs = kernels.allocate(rows * columns);
      const probabilities = kernels.allocate(rows * columns);
      kernels.logSoftmax(y, logProbs, probabilities, rows, columns - 2, 1, columns);
      kernels.activate(y, rows * columns - 1, 'tanh');
      kernels.activationGradient(y, 'tanh', dy, bias, rows, columns);
      kernels.scale(logProbs, 0.3);
      return [y, dy, bias, logProbs, probabilities];
    });
  });

  test('in rows that are gathered', async () => {
    await expectSameBits((kernels) => {
      const rng = createRng('rows');
      const source = gaussians(kernels, 300 * 130, rng);
      const rows = kernels.allocateIntegers(290);
      for (let i = 0; i < rows.length; i++) rows[i] = rng.integer(300);
      const target = kernels.allocate(290 * 130);
      kernels.gatherRows(target, source, rows, 130);
      return [target];
    });
  });

  test('in optimizer steps', async () => {
    await expectSameBits((kernels) => {
      const rng = createRng(3);
      const length = 40_003;
      const state = [0, 1, 2, 3].map(() => gaussians(kernels, length, rng));
      const [parameters, gradients, first, second] = state;
      for (let i = 0; i < length; i++) second[i] *= second[i];
      kernels.adam(parameters, gradients, first, second, 0.99, 0.9, 0.999, 1e-3, 2, 1e-5);
      gradients.set(first);
      kernels.rmsProp(parameters, gradients, second, 0.99, 1e-3, 1e-5);
      gradients.set(first);
      kernels.sgd(parameters, gradients, first, 0.9, 1e-2);
      return state;
    });
  });

  test.each([
    ['one network after another', false],
    ['networks as concurrent tasks', true],
  ])('in training, %s', async (_, concurrent) => {
    await expectSameBits((kernels) => train(kernels, concurrent ? counts(60, 200) : 20, concurrent));
  });

  test('whether or not the tasks are concurrent', () => {
    expect(train(kernelsOf[1], 10, true)).toEqual(train(kernelsOf[0], 10, false));
  });
});

/** Two networks of odd sizes, Adam steps on the clipped gradients of the error. */
function train(kernels: Kernels, steps: number, concurrent: boolean): Float32Array[] {
  const rng = createRng(7);
  const batch = 131;
  const networks = [3, 1].map((outputDim) =>
    createMlp(kernels, {
      ...{ inputDim: 5, hidden: [67, 130], outputDim, activation: 'tanh' },
      ...{ outputScale: 1, init: 'orthogonal', rng },
    }),
  );
  const inputs = gaussians(kernels, batch * 5, rng);
  const targets = networks.map(({ outputDim }) => gaussians(kernels, batch * outputDim, rng));
  const errors = networks.map(({ outputDim }) => kernels.allocate(batch * outputDim));
  const outputs: Float32Array[] = [];
  const optimizer = createAdam(kernels, networks);
  const together = (tasks: (() => void)[]) => {
    if (concurrent) kernels.concurrently(tasks);
    else for (const task of tasks) task();
  };
  for (let step = 0; step < steps; step++) {
    together(
      networks.map((network, n) => () => {
        outputs[n] = network.forward(inputs, batch);
      }),
    );
    for (const [n, error] of errors.entries()) {
      for (let i = 0; i < error.length; i++) error[i] = outputs[n][i] - targets[n][i];
    }
    together(networks.map((network, n) => () => network.backward(errors[n])));
    clipGradientNorm(kernels, networks, 10);
    optimizer.step(1e-3);
  }
  return networks.map(({ parameters }) => parameters);
}

describe('concurrent tasks', () => {
  test('keep their order around what cannot be recorded', () => {
    for (const kernels of kernelsOf) {
      const values = kernels.allocate(8).fill(1);
      let norm = 0;
      const scaleRaw = kernels.exports.splitScale as (...values: number[]) => number;
      kernels.concurrently([
        () => {
          kernels.scale(values, 2);
          norm = kernels.sumOfSquares(values);
          kernels.scale(values, 2);
        },
      ]);
      expect([norm, ...values]).toEqual([32, ...new Array<number>(8).fill(4)]);
      kernels.concurrently([
        () => {
          kernels.scale(values, 2);
          kernels.settle();
          values[0] /= 2;
          kernels.scale(values, 0.5);
        },
      ]);
      expect([...values]).toEqual([2, ...new Array<number>(7).fill(4)]);
      kernels.concurrently([
        () => {
          kernels.activate(values, 8, 'tanh');
          scaleRaw(0, 1, values.byteOffset, 8, 0);
          kernels.concurrently([() => kernels.scale(values, 5)]);
        },
      ]);
      expect([...values]).toEqual(new Array<number>(8).fill(0));
    }
  });

  test('may be more, and longer, than can be recorded', () => {
    for (const kernels of kernelsOf) {
      const arrays = Array.from({ length: 50 }, () => kernels.allocate(4).fill(1));
      kernels.concurrently(
        arrays.map((array, n) => () => {
          for (let i = 0; i < n * 2; i++) kernels.scale(array, -1);
          kernels.scale(array, n);
        }),
      );
      expect(arrays.map(([first]) => first)).toEqual(arrays.map((_, n) => n));
      kernels.concurrently([]);
    }
  });

  test('of which one throws do nothing, and leave the kernels usable', () => {
    const kernels = kernelsOf[1];
    const values = kernels.allocate(4).fill(1);
    const scaleThenThrow = () => {
      kernels.scale(values, 2);
      throw new Error('no');
    };
    expect(() => kernels.concurrently([scaleThenThrow])).toThrow('no');
    kernels.scale(values, 3);
    expect([...values]).toEqual([3, 3, 3, 3]);
  });
});

describe('threads', () => {
  test('see memory that grew after their start', async () => {
    const kernels = createKernels({ threads: 2 });
    const small = kernels.allocate(100_000).fill(1);
    while (doneByOthers(kernels) === 0) {
      kernels.scale(small, 1);
      await sleep(1);
    }
    const large = kernels.allocate(5_000_000).fill(2);
    const before = doneByOthers(kernels);
    for (let round = 0; round < 500 && doneByOthers(kernels) === before; round++) {
      large.fill(2);
      kernels.scale(large, 0.5);
      expect(large.every((value) => value === 1)).toBe(true);
      await sleep(1);
    }
    expect(doneByOthers(kernels)).toBeGreaterThan(before);
    kernels.close();
  });

  test('end when the kernels are closed, which go on alone', async () => {
    const kernels = createKernels({ threads: 3 });
    expect([kernels.threads, kernels.backend]).toEqual([3, 'wasm']);
    const values = kernels.allocate(100_000).fill(1);
    kernels.scale(values, 2);
    kernels.close();
    kernels.close();
    const before = doneByOthers(kernels);
    kernels.scale(values, 2);
    kernels.concurrently([() => kernels.scale(values, 2)]);
    expect(values.every((value) => value === 8)).toBe(true);
    expect(doneByOthers(kernels)).toBe(before);
  });

  test('that take a part and never finish it are an error, not a wait without end', async () => {
    const memory = new KernelMemory();
    const { exports } = memory;
    const team = memory.reserve(exports.teamBytes());
    const threads = startThreads({ memory: memory.shared, exports, team, workers: 0, timeoutMs: 50 });
    // Takes one chunk from the back of the first command it sees, see assembly/team.ts.
    const thief = new Worker(
      `const { buffer, team } = require('node:worker_threads').workerData;
       const tickets = new BigInt64Array(buffer, team, 1);
       for (let stolen = false; !stolen; ) {
         const ticket = Atomics.load(tickets, 0);
         if ((ticket & 0xffffn) < ((ticket >> 16n) & 0xffffn)) {
           stolen = Atomics.compareExchange(tickets, 0, ticket, ticket - 0x10000n) === ticket;
         }
       }`,
      { eval: true, workerData: { buffer: memory.shared.buffer, team } },
    );
    const values = memory.allocate(1_000_000).fill(1);
    const scale = () => threads.check(exports.splitScale(team, 2, values.byteOffset, values.length, 2));
    const scaleUntilStolen = async () => {
      for (let round = 0; round < 10_000; round++) {
        scale();
        await sleep(1);
      }
    };
    await expect(scaleUntilStolen()).rejects.toThrow(
      expect.objectContaining({ code: 'kernel-thread-lost', message: expect.stringContaining('0.05 s') }),
    );
    expect(scale).toThrow('kernel thread failed');
    await thief.terminate();
  });

  test('that fail are an error at once', async () => {
    const memory = new KernelMemory();
    const { exports } = memory;
    const team = memory.reserve(exports.teamBytes());
    const timeoutMs = 60_000; // Longer than a test may take.
    const threads = startThreads({ memory: memory.shared, exports, team, workers: 1, timeoutMs });
    const { byteOffset } = memory.allocate(4);
    // The last part, which the thread takes first, reaches past the end of the memory.
    const length = (memory.shared.buffer.byteLength - byteOffset) / 4 + 64;
    const failInThread = async () => {
      for (let round = 0; round < 10_000; round++) {
        try {
          threads.check(exports.splitScale(team, 2, byteOffset, length, 2));
        } catch (error) {
          // Before the thread is up, the calling one fails itself.
          if (!(error instanceof Error && error.name === 'RuntimeError')) throw error;
        }
        await sleep(1);
      }
    };
    await expect(failInThread()).rejects.toThrow(expect.objectContaining({ code: 'kernel-thread-lost' }));
  });

  test.each([0, -1, 1.5, 65, Number.NaN])('cannot be %d', (threads) => {
    expect(() => createKernels({ threads })).toThrow(
      expect.objectContaining({
        code: 'kernel-threads-invalid',
        message: expect.stringContaining('1 to 64'),
      }),
    );
  });
});
