import { expect, test } from 'vitest';
import { MaskedObservations } from '../../../agents/off-policy/masked-observations.ts';
import { createKernels } from '../../../networks/kernels/create.ts';

/** Two envs of two observations each, the second time with others. */
const transition = (actionMasks?: Uint8Array, nextActionMasks?: Uint8Array) => ({
  observations: Float32Array.of(1, 2, 3, 4),
  actions: new Int32Array(2),
  rewards: new Float32Array(2),
  nextObservations: Float32Array.of(5, 6, 7, 8),
  terminated: new Uint8Array(2),
  truncated: new Uint8Array(2),
  actionMasks,
  nextActionMasks,
});

test('masks stand behind the observations that they belong to, and come back from there', () => {
  const masked = new MaskedObservations(createKernels(), 2, 3, 2);
  const stored = masked.withMasks(
    transition(Uint8Array.of(1, 0, 1, 0, 1, 1), Uint8Array.of(0, 0, 1, 1, 0, 0)),
  );
  expect(masked.storedDim).toBe(5);
  expect([...stored.observations]).toEqual([1, 2, 1, 0, 1, 3, 4, 0, 1, 1]);
  expect([...stored.nextObservations]).toEqual([5, 6, 0, 0, 1, 7, 8, 1, 0, 0]);
  expect([...masked.split(stored.observations, 2)]).toEqual([1, 2, 3, 4]);
  expect([...(masked.masks ?? [])]).toEqual([1, 0, 1, 0, 1, 1]);
  expect([...masked.split(stored.nextObservations, 2)]).toEqual([5, 6, 7, 8]);
  expect([...(masked.masks ?? [])]).toEqual([0, 0, 1, 1, 0, 0]);
});

test('where a step says nothing of what is allowed, all is', () => {
  const masked = new MaskedObservations(createKernels(), 2, 3, 2);
  const { observations } = masked.withMasks(transition());
  expect([...observations]).toEqual([1, 2, 1, 1, 1, 3, 4, 1, 1, 1]);
});

test('where nothing is ever masked, a transition stays as it is', () => {
  const masked = new MaskedObservations(createKernels(), 2, 0, 2);
  const given = transition();
  expect(masked.withMasks(given)).toBe(given);
  expect(masked.split(given.observations, 2)).toBe(given.observations);
  expect([masked.masks, masked.storedDim]).toEqual([undefined, 2]);
});
