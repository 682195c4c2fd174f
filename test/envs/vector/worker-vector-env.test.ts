/** Two threads, once: all that threads must keep is tested in `test/system`, where each takes a second to start. */
import { expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { createActionBatch, sampleActionsInto } from '../../../envs/spaces.ts';
import { createVectorEnv, type VectorEnv } from '../../../envs/vector/vector-env.ts';
import { createWorkerVectorEnv } from '../../../envs/vector/worker-vector-env.ts';
import { createEnv, type Fixture } from '../vector-fixtures.ts';

const NUM_ENVS = 3;
/** Some poles fall before their twelfth step, others are stopped there. */
const fixture: Fixture = { kind: 'cartpole', maxSteps: 12 };

function play(envs: VectorEnv, seed: string) {
  const rng = createRng(seed);
  const actions = createActionBatch(envs.actionSpace, NUM_ENVS);
  return Array.from({ length: 60 }, () => {
    sampleActionsInto(actions, envs.actionSpace, rng);
    envs.step(actions);
    const { observations, transition, finishedEpisodes } = envs;
    return structuredClone({
      observations: [...observations],
      rewards: [...transition.rewards],
      terminated: [...transition.terminated],
      truncated: [...transition.truncated],
      nextObservations: [...transition.nextObservations],
      episodeStarts: [...envs.stepContext.episodeStarts],
      finishedEpisodes,
    });
  });
}

test('two threads show what one shows, and what they saved goes on without them', () => {
  const alone = createVectorEnv(Array.from({ length: NUM_ENVS }, (_, i) => createEnv(i, fixture)));
  const module = new URL('../vector-fixtures.ts', import.meta.url);
  const envs = createWorkerVectorEnv({ module, argument: fixture, numEnvs: NUM_ENVS, workers: 2 });
  try {
    for (const each of [alone, envs]) each.reset(11);
    const before = play(alone, 'before');
    expect(play(envs, 'before')).toEqual(before);
    for (const end of ['terminated', 'truncated'] as const) {
      expect(before.some((step) => step[end].includes(1))).toBe(true);
    }
    const saved = envs.save();
    expect(saved).toEqual(alone.save());
    const rest = play(envs, 'after');
    alone.load(saved);
    expect(play(alone, 'after')).toEqual(rest);
  } finally {
    envs.close();
  }
});
