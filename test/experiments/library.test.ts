/** Experiments and runs from a script: run with events, stopped, gone on with, opened. */
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, StorageError } from '../../core/errors.ts';
import type { ExperimentEvent } from '../../experiments/events.ts';
import { type ExperimentInput, parseExperiment } from '../../experiments/file.ts';
import { openExperiment } from '../../experiments/open-experiment.ts';
import { openRun } from '../../experiments/open-run.ts';
import { planExperiment } from '../../experiments/plan.ts';
import type { TrainingEvent } from '../../experiments/run/events.ts';
import { type ExperimentOutcome, runExperiment } from '../../experiments/run-experiment.ts';
import { runTrial } from '../../experiments/trial.ts';

const EXPERIMENT: ExperimentInput = {
  name: 'small',
  tasks: [{ env: 'cartpole' }],
  agents: [{ agent: 'ppo', config: { rolloutSteps: 32, hidden: [8] } }, { agent: 'random' }],
  seeds: [3],
  steps: 512,
  envs: 2,
  evaluateEvery: 256,
  evaluateEpisodes: 2,
  judgeEpisodes: 3,
};

const folder = mkdtempSync(join(tmpdir(), 'market-gym-library-'));
const out = join(folder, 'small');
const training: TrainingEvent[] = [];
const events: ExperimentEvent[] = [];
let stopped: ExperimentOutcome;
let outcome: ExperimentOutcome;
beforeAll(async () => {
  const interruption = new AbortController();
  interruption.abort();
  stopped = await runExperiment(EXPERIMENT, { out, signal: interruption.signal });
  // In this process; the experiment finds them finished.
  const [first, second] = await planExperiment(parseExperiment(EXPERIMENT, 'The experiment'), out);
  await runTrial(first, { onEvent: (event) => training.push(event) });
  await runTrial(second, {});
  outcome = await runExperiment(EXPERIMENT, { out, onEvent: (event) => events.push(event) });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a trial tells of its training: start, progress, evaluations, checkpoints, and last the end', () => {
  expect(training[0]).toEqual({ kind: 'started', step: 0, totalSteps: 512 });
  expect(training.at(-1)).toEqual({ kind: 'ended', step: 512, isFinished: true });
  const of = <Kind extends TrainingEvent['kind']>(kind: Kind) =>
    training.filter((event): event is Extract<TrainingEvent, { kind: Kind }> => event.kind === kind);
  expect(of('progress').map(({ step }) => step)).toEqual([64, 128, 192, 256, 320, 384, 448, 512]);
  const evaluations = of('evaluation');
  expect(evaluations.map(({ step }) => step)).toEqual([256, 512]);
  expect(evaluations[0].isBest).toBe(true);
  const best = Math.max(...evaluations.map(({ meanReturn }) => meanReturn));
  expect(of('progress').at(-1)?.bestReturn).toBe(best);
  expect(of('checkpoint').at(-1)).toEqual({
    kind: 'checkpoint',
    step: 512,
    name: 'step-000000000512',
    path: join(out, 'cartpole/ppo/seed-3/checkpoints/step-000000000512'),
  });
});

describe('runExperiment', () => {
  test('begins no trial once its signal is aborted, and says so', () => {
    expect(stopped).toEqual({ name: 'small', out, results: [], failures: [], interrupted: true });
  });

  test('returns a result for each trial, in the order of the plan', () => {
    const { results, failures, interrupted } = outcome;
    expect(results.map(({ task, agent, seed }) => [task, agent, seed])).toEqual([
      ['cartpole', 'ppo', 3],
      ['cartpole', 'random', 3],
    ]);
    expect(results[0].returns).toHaveLength(3);
    expect({ failures, interrupted }).toEqual({ failures: [], interrupted: false });
  });

  test('tells the plan and the end, and keeps what was finished before', () => {
    expect(events).toEqual([
      { kind: 'planned', name: 'small', out, numTrials: 2, numKept: 2, totalSteps: 0 },
      { kind: 'ended', numTrials: 2, numFinished: 2, numFailed: 0, interrupted: false },
    ]);
  });

  test('takes a file as well as an object', async () => {
    const file = join(folder, 'small.json');
    writeFileSync(file, JSON.stringify(EXPERIMENT));
    expect(await runExperiment(file, { out })).toEqual(outcome);
  });

  test('refuses a mistake before it makes a folder', async () => {
    const other = join(folder, 'other');
    const wrong = { ...EXPERIMENT, agents: [{ agent: 'pppo' }] };
    await expect(runExperiment(wrong, { out: other })).rejects.toThrow(/Did you mean "ppo"/);
    await expect(runExperiment({ ...EXPERIMENT, steps: 0 }, { out: other })).rejects.toThrow(
      /^The experiment: steps: /,
    );
    for (const jobs of [0, -1, 1.5, Number.NaN]) {
      await expect(runExperiment(EXPERIMENT, { out: other, jobs })).rejects.toThrow(ConfigError);
    }
    expect(existsSync(other)).toBe(false);
  });
});

describe('openExperiment', () => {
  test('reads trials with their settings and results, and sums them up', async () => {
    const { trials, results, cells, improvements } = await openExperiment(out);
    expect(results).toEqual(outcome.results);
    expect(trials.map(({ directory }) => directory)).toEqual([
      join(out, 'cartpole/ppo/seed-3'),
      join(out, 'cartpole/random/seed-3'),
    ]);
    expect(trials[0].spec).toMatchObject({ seed: 3, totalSteps: 512, agent: { name: 'ppo' } });
    expect(trials[0].spec.agent.config).toMatchObject({ rolloutSteps: 32 });
    expect(cells.map(({ agent, scores }) => [agent, scores])).toEqual(
      results.map(({ agent, meanReturn }) => [agent, [meanReturn]]),
    );
    expect(improvements.map(({ agent, other }) => [agent, other])).toEqual([['ppo', 'random']]);
  });

  test('shows a trial that is not finished without a result', async () => {
    const half = join(folder, 'half');
    cpSync(join(out, 'cartpole/random'), join(half, 'cartpole/random'), { recursive: true });
    rmSync(join(half, 'cartpole/random/seed-3/result.json'));
    const { trials, results, cells } = await openExperiment(half);
    expect(trials).toHaveLength(1);
    expect(trials[0].result).toBeUndefined();
    expect({ results, cells }).toEqual({ results: [], cells: [] });
  });

  test('names a folder that holds none', async () => {
    await expect(openExperiment(join(folder, 'nowhere'))).rejects.toThrow(StorageError);
    await expect(openExperiment(folder)).rejects.toThrow(/holds no trial of an experiment/);
  });
});

describe('openRun', () => {
  const run = join(out, 'cartpole/ppo/seed-3');

  test('gives an agent and an env that play: the judged episodes, to the bit', async () => {
    const { agent, env } = await openRun(run);
    const { judging, returns } = outcome.results[0];
    const played = returns.map((_, episode) => {
      let { observation } = env.reset({ seed: judging.seed + episode });
      let sum = 0;
      for (let over = false; !over; ) {
        const step = env.step(agent.act(observation, 1, false)[0]);
        observation = step.observation;
        sum += step.reward;
        over = step.terminated || step.truncated;
      }
      return sum;
    });
    expect(played).toEqual(returns);
  });

  test('gives the settings, the checkpoint and the logged rows', async () => {
    const { spec, checkpoint, metrics } = await openRun(run, { checkpoint: 'latest' });
    expect(spec).toMatchObject({ env: { name: 'cartpole' }, seed: 3 });
    expect(checkpoint).toMatchObject({ name: 'step-000000000512', steps: 512 });
    expect(metrics.filter(({ kind }) => kind === 'evaluation').map(({ step }) => step)).toEqual([256, 512]);
    expect(metrics.filter(({ kind }) => kind === 'update')).toHaveLength(8);
  });

  test('names a checkpoint that is not there, and a folder that is no run', async () => {
    await expect(openRun(run, { checkpoint: 'bst' })).rejects.toThrow(/no checkpoint "bst".*"best"/);
    await expect(openRun(folder)).rejects.toThrow(StorageError);
  });
});
