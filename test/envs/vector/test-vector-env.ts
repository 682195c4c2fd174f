/** What every vector env must do, in whatever threads it steps its envs. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { cartpole } from '../../../envs/cartpole.ts';
import type { Env } from '../../../envs/env.ts';
import {
  type ActionSpace,
  createActionBatch,
  createBox,
  createDiscrete,
  createMultiDiscrete,
  sampleActionsInto,
} from '../../../envs/spaces.ts';
import type { TransitionBatch } from '../../../envs/transition.ts';
import type { VectorEnv } from '../../../envs/vector/vector-env.ts';
import type { CounterFixture, Fixture } from '../vector-fixtures.ts';

const cartpoles = (n: number): Env[] => Array.from({ length: n }, (_, i) => cartpole.create({ seed: i }));

/** @param create makes a vector env of the fixture's envs 0 to numEnvs − 1 */
export function testVectorEnv(create: (fixture: Fixture, numEnvs: number) => VectorEnv): void {
  const createCartpoles = (n: number): VectorEnv => create({ kind: 'cartpole' }, n);
  const createCounters = (lengths: readonly number[], options: Partial<CounterFixture> = {}): VectorEnv =>
    create({ ...options, kind: 'counter', lengths }, lengths.length);

  describe('a vector env', () => {
    test('shows the same numbers as its envs stepped one by one with seeds seed + i', () => {
      const numEnvs = 3;
      const envs = createCartpoles(numEnvs);
      const singles = cartpoles(numEnvs);
      const current = singles.map((env, i) => [...env.reset({ seed: 40 + i }).observation]);
      expect([...envs.reset(40)]).toEqual(current.flat());
      const rng = createRng('actions');
      const actions = createActionBatch(envs.actionSpace, numEnvs);
      for (let step = 0; step < 300; step++) {
        sampleActionsInto(actions, envs.actionSpace, rng);
        const transition: TransitionBatch = envs.step(actions);
        expect([...transition.observations]).toEqual(current.flat());
        expect([...transition.actions]).toEqual([...actions]);
        singles.forEach((env, i) => {
          const result = env.step(actions[i]);
          expect([...transition.nextObservations.subarray(i * 4, i * 4 + 4)]).toEqual([
            ...result.observation,
          ]);
          expect(transition.rewards[i]).toBe(result.reward);
          expect(transition.terminated[i]).toBe(Number(result.terminated));
          expect(transition.truncated[i]).toBe(Number(result.truncated));
          const over = result.terminated || result.truncated;
          current[i] = [...(over ? env.reset().observation : result.observation)];
        });
        expect([...envs.observations]).toEqual(current.flat());
      }
      expect(envs.totalSteps).toBe(900);
    });

    test('gives the last observation of an episode to the learner and the reset one to the actor', () => {
      const envs = createCounters([3, 2]);
      envs.reset();
      const actions = new Int32Array(2);
      envs.step(actions);
      envs.step(actions);
      expect([...envs.transition.observations]).toEqual([1, 1]);
      expect([...envs.nextObservations]).toEqual([2, 2]);
      expect([...envs.observations]).toEqual([2, 0]);
      expect([...envs.terminated]).toEqual([0, 1]);
      envs.step(actions);
      expect([...envs.transition.observations]).toEqual([2, 0]);
      expect([...envs.nextObservations]).toEqual([3, 1]);
      expect([...envs.observations]).toEqual([0, 1]);
    });

    test('reports finished episodes once, with their return, length and last info', () => {
      const envs = createCounters([3, 2]);
      envs.reset();
      const actions = new Int32Array(2);
      const finished = [1, 2, 3, 4].map(() => {
        envs.step(actions);
        return envs.finishedEpisodes.map(({ envIndex, return: sum, length, info }) => [
          envIndex,
          sum,
          length,
          (info as { count: number }).count,
        ]);
      });
      expect(finished).toEqual([[], [[1, 3, 2, 2]], [[0, 6, 3, 3]], [[1, 3, 2, 2]]]);
      expect(envs.infos).toMatchObject([{ count: 1 }, { count: 2 }]);
      const { infos } = envs;
      envs.step(actions);
      expect(envs.infos).toBe(infos);
      expect(infos).toMatchObject([{ count: 2 }, { count: 1 }]);
      envs.reset();
      expect(envs.infos).toMatchObject([{ count: 0 }, { count: 0 }]);
    });

    test('forgets unfinished episodes and the last step on reset', () => {
      const envs = createCounters([3]);
      envs.reset();
      const actions = new Int32Array(1);
      for (let i = 0; i < 5; i++) envs.step(actions);
      envs.step(actions);
      expect([envs.finishedEpisodes.length, envs.rewards[0], envs.terminated[0]]).toEqual([1, 3, 1]);
      envs.reset();
      expect([envs.finishedEpisodes.length, envs.rewards[0], envs.terminated[0]]).toEqual([0, 0, 0]);
      envs.step(actions);
      envs.reset();
      for (let i = 0; i < 3; i++) envs.step(actions);
      expect(envs.finishedEpisodes).toMatchObject([{ return: 6, length: 3 }]);
    });

    test('keeps all its arrays and the transition for life', () => {
      const envs = createCartpoles(2);
      envs.reset(0);
      const actions = new Int32Array(2);
      const { transition, nextObservations, rewards, terminated, truncated, infos, finishedEpisodes } = envs;
      const buffers = new Set([envs.observations]);
      for (let i = 0; i < 50; i++) {
        const actedOn = envs.observations;
        expect(envs.step(actions)).toBe(transition);
        expect(transition.observations).toBe(actedOn);
        buffers.add(envs.observations);
      }
      expect(buffers.size).toBe(2);
      expect(transition).toMatchObject({ nextObservations, rewards, terminated, truncated });
      expect(envs).toMatchObject({ infos, finishedEpisodes });
      expect(transition.actions).not.toBe(actions);
    });

    test('hands each env its own action: a number, or its row of the batch', () => {
      const cases = [
        { actionSpace: createDiscrete(9), batch: Int32Array.of(4, 7), expected: [4, 7] },
        {
          actionSpace: createMultiDiscrete([9, 9]),
          batch: Int32Array.of(1, 2, 3, 4),
          expected: [
            [1, 2],
            [3, 4],
          ],
        },
        { actionSpace: createBox([1], -1, 1), batch: Float32Array.of(0.5, -0.5), expected: [[0.5], [-0.5]] },
      ];
      for (const { actionSpace, batch, expected } of cases) {
        const envs = createCounters([5, 5], { actionSpaces: [actionSpace, actionSpace] });
        envs.reset();
        envs.step(batch);
        expect(envs.infos).toMatchObject(expected.map((seen) => ({ seen })));
      }
    });

    test('seeds only on request: neither a bare reset nor an autoreset reseeds', () => {
      const envs = createCounters([1, 1]);
      envs.reset(100);
      envs.step(new Int32Array(2));
      envs.reset();
      expect(envs.infos).toMatchObject([
        { seeds: [100, undefined, undefined] },
        { seeds: [101, undefined, undefined] },
      ]);
    });

    test('closes every env', () => {
      const closed = new Int32Array(new SharedArrayBuffer(4));
      createCounters([1, 1], { closed }).close();
      expect(closed[0]).toBe(2);
    });
  });

  describe('what cannot go on stops with a message that names the place', () => {
    test.each([
      ['reward', /^Env 1: reward is NaN at step 3 \(step 3 of its episode\)/],
      ['observation', /^Env 1: observation\[0\] is Infinity at step 3/],
    ] as const)('a %s that is not finite', (flaw, message) => {
      const envs = createCounters([9, 9], { flaw });
      envs.reset();
      const actions = new Int32Array(2);
      envs.step(actions);
      envs.step(actions);
      expect(() => envs.step(actions)).toThrow(message);
    });

    test('a reset observation that is not finite', () => {
      const envs = createCounters([2], { firstObservation: Number.NaN });
      expect(() => envs.reset()).toThrow(/^Env 0: observation\[0\] is NaN at step 0/);
    });

    test('actions of another length or element type, and stepping before the first reset', () => {
      const envs = createCartpoles(2);
      expect(() => envs.step(new Int32Array(2))).toThrow(/before their first reset/);
      envs.reset();
      expect(() => envs.step(new Int32Array(3))).toThrow(/take Int32Array\[2\], got Int32Array\[3\]/);
      expect(() => envs.step(new Float32Array(2))).toThrow(/take Int32Array\[2\], got Float32Array\[2\]/);
    });

    test('no envs, and unequal spaces', () => {
      expect(() => createCartpoles(0)).toThrow(/at least one env/);
      const pairs: readonly (readonly [ActionSpace, ActionSpace])[] = [
        [createDiscrete(2), createDiscrete(3)],
        [createDiscrete(2, [0, 1]), createDiscrete(2, [-1, 1])],
        [createMultiDiscrete([2]), createBox([1], -1, 1)],
      ];
      for (const actionSpaces of pairs) {
        expect(() => createCounters([1, 1], { actionSpaces })).toThrow(/^Envs 0 and 1 differ in actionSpace/);
      }
    });
  });

  describe('saving', () => {
    test('continues to the same bits in new envs, running returns included', () => {
      const play = (envs: VectorEnv, steps: number): unknown[] => {
        const rng = createRng('later');
        const actions = createActionBatch(envs.actionSpace, envs.numEnvs);
        const seen: unknown[] = [[...envs.observations]];
        for (let i = 0; i < steps; i++) {
          sampleActionsInto(actions, envs.actionSpace, rng);
          envs.step(actions);
          seen.push([...envs.observations], [...envs.nextObservations], [...envs.rewards], envs.totalSteps);
          seen.push(structuredClone(envs.finishedEpisodes));
        }
        return seen;
      };
      for (const pause of [0, 5, 37]) {
        const original = createCartpoles(3);
        original.reset(8);
        play(original, pause);
        const state = structuredClone(original.save());
        const resumed = createCartpoles(3);
        resumed.load(state);
        expect(play(resumed, 200)).toEqual(play(original, 200));
      }
    });

    test('is refused, naming the env, when one env cannot be saved', () => {
      const envs = createCounters([1, 1]);
      expect(envs.canSave).toBe(false);
      expect(() => envs.save()).toThrow(/^Env 0 has no save\(\) and load\(\)/);
      expect(createCartpoles(1).canSave).toBe(true);
    });

    test('a state of another number of envs is refused', () => {
      const three = createCartpoles(3);
      three.reset(0);
      expect(() => createCartpoles(2).load(three.save())).toThrow(/"observations" is Float32Array\[12\]/);
    });
  });
}
