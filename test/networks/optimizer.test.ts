import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { ParameterBlock } from '../../networks/network.ts';
import {
  clipGradientNorm,
  createAdam,
  createRmsProp,
  createSgd,
  type Optimizer,
} from '../../networks/optimizer.ts';
import { sharedJson } from '../shared.ts';

type Create = (kernels: Kernels, blocks: readonly ParameterBlock[]) => Optimizer;

const optimizers: Record<string, Create> = {
  opt_adam: (kernels, blocks) => createAdam(kernels, blocks),
  'opt_adam_eps1e-5': (kernels, blocks) => createAdam(kernels, blocks, { epsilon: 1e-5 }),
  opt_adamw: (kernels, blocks) => createAdam(kernels, blocks, { weightDecay: 0.1 }),
  'opt_rmsprop_alpha0.99_eps1e-5': (kernels, blocks) =>
    createRmsProp(kernels, blocks, { alpha: 0.99, epsilon: 1e-5 }),
  'opt_sgd_mom0.9': (kernels, blocks) => createSgd(kernels, blocks, { momentum: 0.9 }),
};

function createBlock(kernels: Kernels, length: number): ParameterBlock {
  const rng = createRng(1);
  const parameters = kernels.allocate(length);
  for (let i = 0; i < length; i++) parameters[i] = rng.gaussian();
  return { parameters, gradients: kernels.allocate(length) };
}

/** d/dw of Σ w⁴/4 + sin 3w */
function differentiate({ parameters, gradients }: ParameterBlock): void {
  for (let i = 0; i < parameters.length; i++) {
    const w = parameters[i];
    gradients[i] = w * w * w + 3 * Math.cos(3 * w);
  }
}

const golden = sharedJson<Record<string, { w0: number[]; traj: number[][] }>>('golden/rl_losses_torch.json');

describe.each(Object.entries(optimizers))('%s', (name, create) => {
  test.skipIf(golden === undefined)("follows PyTorch's trajectory", () => {
    const { w0, traj } = golden![name];
    const kernels = createKernels();
    const block = createBlock(kernels, w0.length);
    block.parameters.set(w0);
    const optimizer = create(kernels, [block]);
    for (const expected of traj) {
      differentiate(block);
      optimizer.step(0.01);
      for (const [i, w] of expected.entries()) {
        expect(Math.abs(block.parameters[i] - w)).toBeLessThan(1e-6 * Math.abs(w) + 2e-7);
      }
    }
  });

  test('treats every number alike, wherever it lies in a block of any length', () => {
    const trajectory = (length: number, position: number) => {
      const kernels = createKernels();
      const block = createBlock(kernels, length);
      block.parameters[position] = 0.7;
      const optimizer = create(kernels, [createBlock(kernels, 3), block]);
      return Array.from({ length: 5 }, () => {
        differentiate(block);
        optimizer.step(0.02);
        return block.parameters[position];
      });
    };
    const alone = trajectory(1, 0);
    for (const [length, position] of [
      [2, 1],
      [3, 2],
      [4, 0],
      [7, 3],
      [7, 4],
      [7, 6],
      [16, 15],
    ]) {
      expect(trajectory(length, position)).toEqual(alone);
    }
  });

  test('leaves the gradients zero and neighbouring memory alone', () => {
    const kernels = createKernels();
    const parameters = kernels.allocate(12).fill(5);
    const gradients = kernels.allocate(12).fill(5);
    const block = { parameters: parameters.subarray(2, 9), gradients: gradients.subarray(2, 9) };
    create(kernels, [block]).step(0.01);
    const inside = (i: number) => i >= 2 && i < 9;
    expect([...gradients]).toEqual([...gradients].map((_, i) => (inside(i) ? 0 : 5)));
    expect([...parameters].every((p, i) => (p === 5) === !inside(i))).toBe(true);
  });

  test('continues from a saved state to the same bits', () => {
    const kernels = createKernels();
    const block = createBlock(kernels, 9);
    const optimizer = create(kernels, [block]);
    const advance = (one: Optimizer, on: ParameterBlock, numSteps = 7) => {
      for (let step = 0; step < numSteps; step++) {
        differentiate(on);
        one.step(0.01);
      }
    };
    advance(optimizer, block);
    const saved = optimizer.save();
    const other = createBlock(kernels, 9);
    const resumed = create(kernels, [other]);
    advance(resumed, other, 1);
    other.parameters.set(block.parameters);
    resumed.load(JSON.parse(JSON.stringify(saved), reviveArrays(saved.arrays)));
    advance(optimizer, block);
    advance(resumed, other);
    expect(other.parameters).toEqual(block.parameters);
    expect(() => create(kernels, [createBlock(kernels, 8)]).load(saved)).toThrow(/saved array/);
  });

  test('hands a NaN gradient on to its own parameter and no other', () => {
    const kernels = createKernels();
    const block = createBlock(kernels, 6);
    const optimizer = create(kernels, [block]);
    block.gradients.fill(1);
    block.gradients[4] = Number.NaN;
    optimizer.step(0.01);
    expect([...block.parameters].map(Number.isNaN)).toEqual([false, false, false, false, true, false]);
  });

  test('lets no state linger among the subnormal numbers', () => {
    const kernels = createKernels();
    const block = createBlock(kernels, 5);
    const optimizer = create(kernels, [block]);
    block.gradients.fill(1e-18);
    for (let step = 0; step < 2000; step++) optimizer.step(1e-3);
    for (const state of Object.values(optimizer.save().arrays)) {
      expect([...state].every((x) => x === 0 || Math.abs(x) >= 1.17e-38)).toBe(true);
    }
  });

  test('refuses arrays outside the kernels’ memory', () => {
    const foreign = { parameters: new Float32Array(3), gradients: new Float32Array(3) };
    expect(() => create(createKernels(), [foreign])).toThrow(/kernels' memory/);
  });
});

describe('clipGradientNorm', () => {
  test('scales all blocks by one factor when their common norm is above the limit', () => {
    const kernels = createKernels();
    const blocks = [createBlock(kernels, 3), createBlock(kernels, 1)];
    blocks[0].gradients.set([2, -4, 4]);
    blocks[1].gradients.set([8]);
    expect(clipGradientNorm(kernels, blocks, 1)).toBe(10);
    const coefficient = Math.fround(1 / (10 + 1e-6));
    expect([...blocks[0].gradients]).toEqual([2, -4, 4].map((g) => Math.fround(g * coefficient)));
    expect(blocks[1].gradients[0]).toBe(Math.fround(8 * coefficient));
  });

  test("adds PyTorch's 1e-6 to the norm", () => {
    const kernels = createKernels();
    const block = createBlock(kernels, 2);
    block.gradients.set([3e-6, 4e-6]);
    clipGradientNorm(kernels, [block], 1e-6);
    expect(block.gradients[0] / 3e-6).toBeCloseTo(1 / 6, 6);
  });

  test('leaves smaller gradients as they are', () => {
    const kernels = createKernels();
    const block = createBlock(kernels, 2);
    block.gradients.set([3, 4]);
    for (const limit of [5.1, Number.POSITIVE_INFINITY]) {
      expect(clipGradientNorm(kernels, [block], limit)).toBe(5);
      expect([...block.gradients]).toEqual([3, 4]);
    }
  });

  test('returns a norm that is not finite, and scales nothing, when a gradient is not', () => {
    const kernels = createKernels();
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const block = createBlock(kernels, 3);
      block.gradients.set([1, bad, 2]);
      expect(clipGradientNorm(kernels, [block], 0.5)).toBe(bad);
      expect([...block.gradients]).toEqual([1, bad, 2]);
    }
  });
});

/** JSON turns typed arrays into objects; a checkpoint stores them apart, so put them back. */
function reviveArrays(arrays: object) {
  return (key: string, value: unknown) => (key === 'arrays' ? arrays : value);
}
