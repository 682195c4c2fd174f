/** Results of two codes are two samples: an experiment keeps them apart, and refuses to mix them unasked. */
import { expect, test } from 'vitest';
import { parseExperiment } from '../../experiments/file.ts';
import { planExperiment } from '../../experiments/plan.ts';
import { compareAgents, summarizeCells } from '../../experiments/results.ts';
import { runTrial, type TrialResult } from '../../experiments/trial.ts';
import { Workplace } from '../scripts/command-line.ts';

const AGENT = `import * as gym from 'market-gym';
import { choice } from './choice.mjs';
export const agent = gym.defineAgent({
  name: 'fixed', description: '', config: gym.z.object({}),
  build: () => ({
    act: (_, n) => new Int32Array(n).fill(choice), observe: () => undefined,
    save: () => ({ arrays: {}, values: {} }), load() {},
  }),
});
`;

test('a changed plugin is refused, or its results are marked', async () => {
  const place = new Workplace();
  try {
    place.write('fixed.mjs', AGENT);
    place.write('choice.mjs', 'export const choice = 0;');
    const experiment = parseExperiment(
      {
        name: 'two',
        plugins: [place.file('fixed.mjs')],
        seeds: 2,
        steps: 32,
        envs: 2,
        evaluateEvery: 0,
        judgeEpisodes: 1,
        tasks: [{ env: 'cartpole' }],
        agents: [{ agent: 'fixed' }],
      },
      'test',
    );
    const out = place.file('out');
    const [first] = await planExperiment(experiment, out);
    await runTrial(first, {});
    place.write('choice.mjs', 'export const choice = 1;');
    await expect(planExperiment(experiment, out)).rejects.toThrow(
      expect.objectContaining({
        code: 'plugin-changed',
        message: expect.stringMatching(/seed-1" holds a run .* other code, [0-9a-f]{8};/),
      }),
    );
    const [again, other] = await planExperiment(experiment, out, { acceptChangedPlugin: true });
    expect(again.spec.plugins[0].before).toEqual([first.spec.plugins[0].sha256]);
    expect(other.spec.plugins[0].before).toBeUndefined();
  } finally {
    place.remove();
  }
});

test('seeds of two codes are never one interval', () => {
  const result = (seed: number, meanReturn: number, code?: string): TrialResult => ({
    task: 'cartpole',
    agent: 'mine',
    seed,
    steps: 1,
    checkpoint: 'best',
    judging: { checkpoint: 'best', episodes: 1, seed: 1 },
    meanReturn,
    deviation: 0,
    returns: [meanReturn],
    ...(code !== undefined && { code }),
  });
  const apart = summarizeCells([
    result(1, 10, 'aaaa'),
    result(2, 20, 'bbbb'),
    result(3, 12, 'aaaa'),
    result(4, 5),
  ]);
  expect(apart.map(({ agent, seeds }) => [agent, seeds])).toEqual([
    ['mine [aaaa]', [1, 3]],
    ['mine [bbbb]', [2]],
    ['mine [built-in]', [4]],
  ]);
  expect(compareAgents(apart).map(({ agent, other }) => [agent, other])).toHaveLength(3);
  expect(summarizeCells([result(1, 10, 'aaaa'), result(2, 20, 'aaaa')]).map(({ agent }) => agent)).toEqual([
    'mine',
  ]);
});
