import { expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { polyakInto } from '../../../networks/kernels/polyak.ts';
import { sharedJson } from '../../shared.ts';

const { fround } = Math;

test('moves every number by tau of its distance, and no other, for every length', () => {
  const kernels = createKernels();
  const rng = createRng(1);
  for (let length = 0; length < 20; length++) {
    const target = kernels.allocate(24).map(() => rng.gaussian());
    const [own, source] = [kernels.allocate(24), kernels.allocate(24)];
    own.set(target);
    for (let i = 0; i < 24; i++) source[i] = rng.gaussian();
    polyakInto(kernels, own.subarray(1, 1 + length), source.subarray(1, 1 + length), 0.3);
    const expected = target.map((t, i) =>
      i >= 1 && i <= length ? fround(t + fround(fround(0.3) * fround(source[i] - t))) : t,
    );
    expect(own).toEqual(expected);
  }
});

test('stays at the target for tau 0 and comes to the source for tau 1', () => {
  const kernels = createKernels();
  const [target, source] = [kernels.allocate(5).fill(0.75), kernels.allocate(5).fill(-3)];
  polyakInto(kernels, target, source, 0);
  expect([...target]).toEqual([0.75, 0.75, 0.75, 0.75, 0.75]);
  polyakInto(kernels, target, source, 1);
  expect(target).toEqual(source);
});

interface Golden {
  readonly q_init: (number[][] | number[])[];
  readonly q_target: (number[][] | number[])[];
  readonly polyak_tau: number;
  readonly polyak_first_bias: number[];
}

const golden = sharedJson<{ dqn: Golden }>('golden/rl_losses_torch.json')?.dqn;

test.skipIf(golden === undefined)('gives the numbers of a soft target update in PyTorch', () => {
  const { q_init, q_target, polyak_tau, polyak_first_bias } = golden!;
  const kernels = createKernels();
  const [target, source] = [kernels.allocate(8), kernels.allocate(8)];
  target.set(q_target[1] as number[]);
  source.set(q_init[1] as number[]);
  polyakInto(kernels, target, source, polyak_tau);
  for (let i = 0; i < 8; i++) expect(Math.abs(target[i] - polyak_first_bias[i])).toBeLessThan(1e-7);
});
