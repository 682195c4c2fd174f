import { expect, test } from 'vitest';
import { idleThreads } from '../../experiments/run/idle-threads.ts';

const large = { hidden: [256, 256], batchSize: 256 };
const two = { cores: 2, load: 0 };

test('large products go to the cores that are idle, at most four', () => {
  expect(idleThreads('wasm', large, two)).toBe(2);
  expect(idleThreads('wasm-fma', large, { cores: 64, load: 3 })).toBe(4);
  expect(idleThreads('wasm', large, { cores: 4, load: 1.4 })).toBe(3);
});

test('a busy machine, and one with a single core, leave one thread', () => {
  expect(idleThreads('wasm', large, { cores: 2, load: 0.49 })).toBe(2);
  expect(idleThreads('wasm', large, { cores: 2, load: 0.51 })).toBe(1);
  expect(idleThreads('wasm', large, { cores: 2, load: 9 })).toBe(1);
  expect(idleThreads('wasm', large, { cores: 1, load: 0 })).toBe(1);
});

test('small products, and those of a library whose bits may depend on it, stay on one', () => {
  expect(idleThreads('wasm', { hidden: [64, 64], minibatchSize: 1023 }, two)).toBe(1);
  expect(idleThreads('wasm', { hidden: [64, 64], minibatchSize: 1024 }, two)).toBe(2);
  expect(idleThreads('wasm', { hidden: [256], batchSize: 256 }, two)).toBe(1);
  expect(idleThreads('wasm', {}, two)).toBe(1);
  expect(idleThreads('blas', large, two)).toBe(1);
});
