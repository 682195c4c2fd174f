import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type ExperimentInput, parseExperiment } from '../../experiments/file.ts';
import { planExperiment, type Trial } from '../../experiments/plan.ts';

const out = mkdtempSync(join(tmpdir(), 'market-gym-plan-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const plan = (input: ExperimentInput): Promise<Trial[]> =>
  planExperiment(parseExperiment(input, 'experiment'), out);

test('every task meets every agent with every seed, each in a folder of its own', async () => {
  const trials = await plan({
    name: 'matrix',
    tasks: [{ env: 'cartpole' }, { env: 'pendulum', label: 'swing' }],
    agents: [{ agent: 'ppo' }, { agent: 'random', label: 'dice' }],
    seeds: [3, 5],
  });
  expect(trials.map(({ directory }) => directory)).toEqual(
    ['cartpole/ppo', 'cartpole/dice', 'swing/ppo', 'swing/dice'].flatMap((cell) => [
      join(out, cell, 'seed-3'),
      join(out, cell, 'seed-5'),
    ]),
  );
  expect(trials.map(({ spec }) => spec.seed)).toEqual([3, 5, 3, 5, 3, 5, 3, 5]);
  expect(trials[6].spec).toMatchObject({ env: { name: 'pendulum' }, agent: { name: 'random' }, numEnvs: 8 });
});

test('ten seeds are the default, and the best checkpoint over 100 episodes is judged', async () => {
  const trials = await plan({ name: 'plain', tasks: [{ env: 'cartpole' }], agents: [{ agent: 'random' }] });
  expect(trials.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(trials[0].judging).toEqual({ checkpoint: 'best', episodes: 100, seed: 1_000_000 });
});

test('on market data one pass through the test span is judged', async () => {
  const [{ judging, spec }] = await plan({
    name: 'market',
    tasks: [{ env: 'trading', testFrom: '2019-01-01' }],
    agents: [{ agent: 'random' }],
  });
  expect(judging.episodes).toBe(1);
  expect(spec.data).toMatchObject({ path: 'sp500', testFrom: '2019-01-01' });
});

test('what is nearer to the trial wins: override, agent, task, experiment', async () => {
  const trials = await plan({
    name: 'layers',
    steps: 10,
    envs: 1,
    evaluateEvery: 100,
    checkpointEvery: 1,
    tasks: [{ env: 'cartpole', envs: 2, evaluateEvery: 200, steps: undefined }, { env: 'pendulum' }],
    agents: [{ agent: 'ppo', evaluateEvery: 300, config: { gamma: 0.5, epochs: 7 } }, { agent: 'random' }],
    overrides: [
      { task: 'cartpole', agent: 'ppo', checkpointEvery: 4, config: { gamma: 0.6 } },
      { agent: 'ppo', patience: 9 },
      { task: 'pendulum', config: {}, envs: 5 },
      { envs: 6, task: 'pendulum', agent: 'random' },
    ],
    seeds: 1,
  });
  const settings = trials.map(({ spec }) => {
    const { totalSteps, numEnvs, evaluateEvery, checkpointEvery, patience, agent } = spec;
    return { totalSteps, numEnvs, evaluateEvery, checkpointEvery, patience, gamma: agent.config.gamma };
  });
  const unset = { patience: undefined, gamma: undefined };
  expect(settings).toEqual([
    { totalSteps: 10, numEnvs: 2, evaluateEvery: 300, checkpointEvery: 4, patience: 9, gamma: 0.6 },
    { totalSteps: 10, numEnvs: 2, evaluateEvery: 200, checkpointEvery: 1, ...unset },
    { totalSteps: 10, numEnvs: 5, evaluateEvery: 300, checkpointEvery: 1, patience: 9, gamma: 0.5 },
    { totalSteps: 10, numEnvs: 6, evaluateEvery: 100, checkpointEvery: 1, ...unset },
  ]);
  expect(trials[0].spec.agent.config.epochs).toBe(7);
});

test('an agent is tried on the tasks that it names', async () => {
  const trials = await plan({
    name: 'some',
    tasks: [{ env: 'cartpole' }, { env: 'pendulum' }],
    agents: [{ agent: 'ppo', tasks: ['pendulum'] }, { agent: 'random' }],
    seeds: 1,
  });
  expect(trials.map(({ task, agent }) => `${task} ${agent}`)).toEqual([
    'cartpole random',
    'pendulum ppo',
    'pendulum random',
  ]);
});
