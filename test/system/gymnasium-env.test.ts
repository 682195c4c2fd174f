/** Envs of Python's Gymnasium under our agents; skipped where Python has no Gymnasium. */
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { cartpole } from '../../envs/cartpole.ts';
import { inspectEnv } from '../../envs/check-env.ts';
import type { Env } from '../../envs/env.ts';
import { findGymnasiumEnv } from '../../envs/gymnasium/env.ts';
import { Workplace } from '../scripts/command-line.ts';

const hasGymnasium =
  spawnSync('python3', ['-c', 'import gymnasium; assert int(gymnasium.__version__[0]) >= 1']).status === 0;
if (!hasGymnasium) console.warn('skipped: python3 cannot import gymnasium 1');

const place = new Workplace();
const opened: Env[] = [];
afterAll(() => {
  for (const env of opened) env.close?.();
  place.remove();
});

function open(id: string, settings = {}): Env {
  const env = findGymnasiumEnv(`gymnasium:${id}`)!.create({ seed: 1 }, { settings } as never);
  opened.push(env);
  return env;
}

describe.skipIf(!hasGymnasium)('an env of Gymnasium', () => {
  test('is the env there: CartPole steps as ours does', () => {
    const theirs = open('CartPole-v1');
    const ours = cartpole.create({ seed: 1 });
    expect(theirs.actionSpace).toMatchObject({ kind: 'discrete', n: 2 });
    const { observation } = theirs.reset({ seed: 4 });
    // The same state, and then the same actions.
    ours.reset();
    const snapshot = ours.save!();
    const state = Object.values(snapshot.arrays).find((array) => array.length === 4) as Float64Array;
    for (let i = 0; i < 4; i++) state[i] = observation[i];
    ours.load!(snapshot);
    for (let k = 0; k < 8; k++) {
      const [a, b] = [theirs.step(k % 2), ours.step(k % 2)];
      for (let i = 0; i < 4; i++) expect(a.observation[i]).toBeCloseTo(b.observation[i], 5);
      expect([a.reward, a.terminated, a.truncated]).toEqual([b.reward, b.terminated, b.truncated]);
    }
  });

  test.each([
    ['CartPole-v1', {}],
    ['Pendulum-v1', { g: 5 }],
    ['MountainCarContinuous-v0', {}],
    // Observations that are one of many, and a table of them.
    ['Taxi-v4', {}],
    ['Blackjack-v1', {}],
  ])('keeps the contract of envs: %s', (id, settings) => {
    expect(inspectEnv(open(id, settings), { steps: 60 })).toEqual([]);
  });

  test('one that fails says so in one line', () => {
    expect(() => open('Nope-v1')).toThrow(
      /^Env "gymnasium:Nope-v1" failed in Python: NameNotFound: .*[^.]\.$/,
    );
    const env = open('CartPole-v1');
    expect(() => env.step(0)).toThrow(/failed in Python: ResetNeeded/);
    expect(() => open('CartPole-v1', { nonsense: 1 })).toThrow(/failed in Python: .*nonsense/);
  });

  test('one whose process is gone says so at once', () => {
    const env = open('Pendulum-v1');
    env.reset();
    const { stdout } = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], {
      encoding: 'utf8',
    });
    const pids = stdout
      .split('\n')
      .filter((line) => line.includes('import json, struct, sys'))
      .map((line) => Number.parseInt(line, 10));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(pids.length).toBeGreaterThan(0);
    const steps = () => Array.from({ length: 50 }, () => env.step(Float32Array.of(0)));
    expect(steps).toThrow(/failed in Python: it ended with code null/);
    expect(() => env.reset()).toThrow(/it has ended/);
  });

  test('a Python that is not there, or is not whole, is named', () => {
    vi.stubEnv('MARKET_GYM_PYTHON', '/nowhere/python');
    expect(() => open('CartPole-v1')).toThrow(/failed in Python: spawn \/nowhere\/python ENOENT/);
    vi.stubEnv('MARKET_GYM_PYTHON', '/bin/false');
    expect(() => open('CartPole-v1')).toThrow(/failed in Python: it ended with code 1/);
    vi.unstubAllEnvs();
  });

  test('is trained in and judged by the command line', async () => {
    const args = ['--env', 'gymnasium:CartPole-v1', '--envs', '2', '--steps', '512', '--evaluate-every', '0'];
    const trained = await place.run('train', ...args, '--out', 'run');
    expect([trained.code, trained.stdout], trained.stderr).toEqual([
      0,
      expect.stringContaining('Done: 512 steps'),
    ]);
    const judged = await place.run('evaluate', 'run', '--episodes', '2');
    expect(judged.code, judged.stderr).toBe(0);
  });
});

test('a name that would import a module is refused before Python is started', async () => {
  for (const name of ['gymnasium:os:X-v0', 'gymnasium:', 'gymnasium:a b', 'gymnasium:../x']) {
    const { code, stderr } = await place.run('train', '--env', name, '--steps', '64');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('names no env that Gymnasium has registered'),
    ]);
  }
});
