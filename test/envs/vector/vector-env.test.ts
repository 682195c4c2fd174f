import { expect, test } from 'vitest';
import { cartpole } from '../../../envs/cartpole.ts';
import { pendulum } from '../../../envs/pendulum.ts';
import { type ActionSpace, createBox, createDiscrete, createMultiDiscrete } from '../../../envs/spaces.ts';
import { createVectorEnv, type VectorEnv } from '../../../envs/vector/vector-env.ts';
import { createEnv, type Fixture } from '../vector-fixtures.ts';
import { testVectorEnv } from './test-vector-env.ts';

const create = (fixture: Fixture, numEnvs: number): VectorEnv =>
  createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createEnv(i, fixture)));

testVectorEnv(create);

test('the same env twice, and spaces that differ in whatever, are refused', () => {
  const env = cartpole.create({ seed: 0 });
  expect(() => createVectorEnv([env, env])).toThrow(/same env twice/);
  expect(() => createVectorEnv([env, pendulum.create({ seed: 0 })])).toThrow(
    /Envs 0 and 1 differ in observationSpace: Box\(4\) and Box\(3\)/,
  );
  const spaces: ActionSpace[] = [
    createDiscrete(2),
    createDiscrete(3),
    createDiscrete(2, [0, 1]),
    createDiscrete(2, [-1, 1]),
    createMultiDiscrete([2]),
    createMultiDiscrete([2, 2]),
    createBox([1], -1, 1),
    createBox([1], -1, 2),
    createBox([1], -2, 1),
  ];
  for (const a of spaces) {
    for (const b of spaces) {
      const createPair = () => create({ kind: 'counter', lengths: [1, 1], actionSpaces: [a, b] }, 2);
      if (a === b) expect(createPair).not.toThrow();
      else expect(createPair).toThrow(/differ in actionSpace/);
    }
  }
});
