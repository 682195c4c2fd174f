/** One seed decides every bit of a run, also of one that was interrupted, ended or killed on its way. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';

/** Both long enough to be caught in the midst of it, with updates, evaluations and checkpoints on the way. */
const RUNS = {
  trading: ['--env', 'trading', '--steps', '16000', '--set', 'agent.rolloutSteps=64', 'env.episodeBars=100'],
  cartpole: ['--env', 'cartpole', '--steps', '16000', '--set', 'agent.rolloutSteps=64'],
};
const TRAIN = ['train', '--evaluate-every', '4000', '--checkpoint-every', '3000', '--seed', '3'];
const LAST = 'step-000000016000';

/** Whoever trains slowly is told how far it is, and nothing else. */
const SUCCESS = { code: 0, stderr: expect.stringMatching(/^(ppo \d+\/\d+ steps .*\n)*$/) };

/** Hooks have less time by default than tests. */
const PATIENCE_MS = 60_000;

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place?.remove());

/** The exact state that a run ended in, and its log. */
function endOf(run: string) {
  const name = place.list(`${run}/checkpoints`).at(-1);
  const { steps, stateSha256, values } = JSON.parse(place.read(`${run}/checkpoints/${name}/manifest.json`));
  return { steps, stateSha256, values, log: place.read(`${run}/log.jsonl`).split('\n') };
}

/** Part by part, the log first: where it goes another way says where to look. */
function expectSameEnd(run: string, unbroken: string): void {
  const [end, expected] = [endOf(run), endOf(unbroken)];
  const first = end.log.findIndex((line, i) => line !== expected.log[i]);
  expect({ first, line: end.log[first] }).toEqual({ first: -1, line: undefined });
  expect(end).toEqual(expected);
}

/** Sends a signal once the condition holds. */
async function endEarly(
  run: string,
  args: readonly string[],
  signal: NodeJS.Signals,
  condition: () => boolean,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { process, outcome } = place.start(...TRAIN, ...args, '--out', run);
  const poll = setInterval(() => {
    if (!condition()) return;
    clearInterval(poll);
    process.kill(signal);
  }, 2);
  try {
    return await outcome;
  } finally {
    clearInterval(poll);
  }
}

describe.each(Object.entries(RUNS))('PPO on %s', (env, args) => {
  const unbroken = `${env}-unbroken`;
  beforeAll(async () => {
    expect(await place.run(...TRAIN, ...args, '--out', unbroken)).toMatchObject(SUCCESS);
  }, PATIENCE_MS);

  test('the same seed gives the same state twice', async () => {
    const { code } = await place.run(...TRAIN, ...args, '--out', `${env}-again`);
    expect(code).toBe(0);
    expect(place.list(`${env}-again/checkpoints`)).toContain(LAST);
    expectSameEnd(`${env}-again`, unbroken);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'a run ended by %s saves a checkpoint, exits 130, and resumes to the state of an unbroken one',
    async (signal) => {
      const run = `${env}-${signal}`;
      const { code, stdout } = await endEarly(run, args, signal, () => place.exists(`${run}/log.jsonl`));
      expect(code).toBe(130);
      expect(stdout).toMatch(`Continue with: market-gym train --resume ${run}`);
      const names = place.list(`${run}/checkpoints`);
      expect(names).not.toHaveLength(0);
      expect(names).not.toContain(LAST);

      const resumed = await place.run('train', '--resume', run);
      expect(resumed).toMatchObject(SUCCESS);
      expectSameEnd(run, unbroken);
    },
  );

  test('a run that was killed resumes from its last checkpoint to the state of an unbroken one', async () => {
    const run = `${env}-killed`;
    const isSaved = () => place.list(`${run}/checkpoints`).some((name) => name.startsWith('step-'));
    const { code } = await endEarly(run, args, 'SIGKILL', isSaved);
    expect(code).toBeNull();
    expect(place.list(`${run}/checkpoints`)).not.toContain(LAST);

    const resumed = await place.run('train', '--resume', run);
    expect(resumed).toMatchObject(SUCCESS);
    expectSameEnd(run, unbroken);
    expect(place.list(`${run}/checkpoints`)).toEqual(place.list(`${unbroken}/checkpoints`));
  });

  test('envs that are stepped in worker threads give the same state, also after an interruption', async () => {
    const run = `${env}-workers`;
    const workers = [...args, '--env-workers', '2'];
    await endEarly(run, workers, 'SIGINT', () => place.exists(`${run}/log.jsonl`));
    expect(JSON.parse(place.read(`${run}/run.json`))).toMatchObject({ envWorkers: 2 });
    expect(place.list(`${run}/checkpoints`)).not.toContain(LAST);
    const resumed = await place.run('train', '--resume', run);
    expect(resumed).toMatchObject(SUCCESS);
    expectSameEnd(run, unbroken);
  });
});

test("a run with a user's networks finds their file again, when it is resumed and when it is judged", async () => {
  place.write(
    'network.mjs',
    `import * as gym from 'market-gym';
export const createNetwork = ({ inputDim, outputDim, rng }, kernels) => gym.createMlp(kernels, {
  inputDim, hidden: [12], outputDim, activation: 'relu', layerNorm: true, outputScale: 1, init: 'orthogonal', rng,
});
`,
  );
  const args = [...RUNS.cartpole, '--network', 'network.mjs'];
  await place.run(...TRAIN, ...args, '--out', 'network-unbroken');
  await endEarly('network', args, 'SIGINT', () => place.exists('network/log.jsonl'));
  expect(place.list('network/checkpoints')).not.toContain(LAST);
  expect(await place.run('train', '--resume', 'network')).toMatchObject(SUCCESS);
  expectSameEnd('network', 'network-unbroken');
  expect(JSON.parse(place.read('network/run.json')).network).toEqual({
    path: place.file('network.mjs'),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const judged = await place.run('evaluate', 'network', '--episodes', '2');
  expect(judged).toMatchObject(SUCCESS);
  expect(judged.stdout).toContain('over 2 greedy episodes');
});
