/** What every agent must do: one call tests a plugin against the contract of agents/agent.ts. */
import { describe, expect, test } from 'vitest';
import type { Agent, AgentPlugin } from '../../agents/agent.ts';
import { createRng } from '../../core/rng.ts';
import { hashSnapshot, type Snapshot } from '../../core/snapshot.ts';
import type { Env } from '../../envs/env.ts';
import { actionDim } from '../../envs/spaces.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { Training } from '../../trainers/train.ts';

export interface AgentTestOptions {
  readonly plugin: AgentPlugin;
  /** Settings small enough to learn several times within `steps`. */
  readonly config?: Record<string, unknown>;
  readonly createEnv: (seed: number) => Env;
  /** An env of other shapes, whose agent's state must be refused; none for an agent without weights. */
  readonly createOtherEnv?: (seed: number) => Env;
  readonly numEnvs?: number;
  /** The agent draws its actions even when it does not explore. */
  readonly isRandom?: boolean;
  /** Enough for several events of a training. */
  readonly steps?: number;
  /** The hash of the agent's state after the run: a refactoring that changes its bits shows. */
  readonly goldenHash?: string;
}

export function testAgent(name: string, options: AgentTestOptions): void {
  const {
    plugin,
    config = {},
    createEnv,
    createOtherEnv,
    numEnvs = 3,
    isRandom = false,
    steps = 600,
    goldenHash,
  } = options;

  const begin = (seed: number, create = createEnv, threads = 1): { agent: Agent; training: Training } => {
    const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => create(seed + i)));
    const { observationSpace, actionSpace } = envs;
    const context = {
      observationSpace,
      actionSpace,
      numEnvs,
      rng: createRng(seed),
      totalSteps: steps,
      kernels: { threads },
    };
    const agent = plugin.build(context, config);
    return { agent, training: new Training({ envs, agent, totalSteps: steps, seed }) };
  };
  const finish = (training: Training): Snapshot => {
    while (training.advance() !== undefined);
    return training.save();
  };

  describe(`agent ${name}`, () => {
    test('acts within the space, for any number of envs', () => {
      const { agent } = begin(1);
      const env = createEnv(1);
      const { dim } = env.observationSpace;
      const { observation } = env.reset({ seed: 1 });
      for (const batch of [1, numEnvs, 5]) {
        const observations = new Float32Array(batch * dim);
        for (let n = 0; n < batch; n++) observations.set(observation, n * dim);
        const actions = agent.act(observations, batch, false);
        expect(actions.length).toBe(batch * actionDim(env.actionSpace));
        for (let n = 0; n < batch; n++) {
          const { actionSpace } = env;
          if (actionSpace.kind === 'discrete') {
            expect(actions).toBeInstanceOf(Int32Array);
            expect(actions[n]).toBeGreaterThanOrEqual(0);
            expect(actions[n]).toBeLessThan(actionSpace.n);
          } else if (actionSpace.kind === 'box') {
            expect(actions).toBeInstanceOf(Float32Array);
            expect(actions[n * actionSpace.dim]).toBeGreaterThanOrEqual(actionSpace.low[0]);
            expect(actions[n * actionSpace.dim]).toBeLessThanOrEqual(actionSpace.high[0]);
          }
        }
      }
    });

    test('the same seed gives the same bits, another seed others', () => {
      const first = finish(begin(7).training);
      expect(hashSnapshot(finish(begin(7).training))).toBe(hashSnapshot(first));
      expect(hashSnapshot(finish(begin(8).training))).not.toBe(hashSnapshot(first));
    });

    test('the number of threads changes no bit', () => {
      const alone = begin(7);
      finish(alone.training);
      for (const threads of [2, 3]) {
        const { agent, training } = begin(7, createEnv, threads);
        finish(training);
        expect(hashSnapshot(agent.save())).toBe(hashSnapshot(alone.agent.save()));
      }
    });

    test.skipIf(goldenHash === undefined)('learns the pinned bits', () => {
      const { agent, training } = begin(7);
      finish(training);
      expect(hashSnapshot(agent.save())).toBe(goldenHash);
    });

    test('a run interrupted anywhere and resumed ends in the bits of an unbroken one', () => {
      const unbroken = finish(begin(3).training);
      for (const events of [1, 2]) {
        const { training } = begin(3);
        for (let i = 0; i < events; i++) training.advance();
        expect(training.isFinished).toBe(false);
        const saved = training.save();
        const { training: resumed } = begin(99);
        resumed.load(saved);
        const end = finish(resumed);
        expect(hashSnapshot(end)).toBe(hashSnapshot(unbroken));
        expect(end.values).toEqual(unbroken.values);
      }
    });

    test.skipIf(isRandom)('evaluation changes nothing', () => {
      const { agent, training } = begin(5);
      training.advance();
      const before = agent.save();
      const env = createEnv(6);
      const { observation } = env.reset({ seed: 6 });
      for (let i = 0; i < 20; i++) agent.act(observation, 1, false);
      expect(agent.save()).toEqual(before);
    });

    test.skipIf(createOtherEnv === undefined)('the state of an agent for other shapes is refused', () => {
      const { agent } = begin(1);
      const { agent: other } = begin(1, createOtherEnv);
      expect(() => agent.load(other.save())).toThrowError(/saved/);
    });
  });
}
