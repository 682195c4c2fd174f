import { expect, test } from 'vitest';
import type { Agent } from '../../agents/agent.ts';
import { createRng } from '../../core/rng.ts';
import { CartPole } from '../../envs/cartpole.ts';
import type { StepContext } from '../../envs/transition.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { backtest } from '../../trainers/backtest.ts';
import { evaluate } from '../../trainers/evaluate.ts';

/** Notes where it is told that episodes begin. */
class Listener implements Agent {
  readonly starts: number[] = [];

  act(
    _observations: Float32Array,
    _numEnvs: number,
    explore: boolean,
    stepContext?: StepContext,
  ): Int32Array {
    expect(explore).toBe(false);
    this.starts.push(stepContext!.episodeStarts[0]);
    return Int32Array.of(0);
  }

  observe(): undefined {
    throw new Error('Nothing is learnt while an agent is judged.');
  }

  save() {
    return { arrays: {}, values: {} };
  }

  load(): void {}
}

test('an agent that is evaluated is told of the beginning of every episode, and of no other step', () => {
  const agent = new Listener();
  const { lengths } = evaluate(agent, new CartPole(1, 5), { episodes: 3, seed: 1 });
  expect(lengths).toEqual([5, 5, 5]);
  expect(agent.starts).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
});

test('a backtest is one episode', () => {
  const agent = new Listener();
  backtest({ candles: geometricBrownian({ rng: createRng(1), length: 400 }), config: {} }, () => agent);
  expect(agent.starts.length).toBeGreaterThan(50);
  expect(agent.starts.indexOf(1)).toBe(0);
  expect(agent.starts.lastIndexOf(1)).toBe(0);
});
