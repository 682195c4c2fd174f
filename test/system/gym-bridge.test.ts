/** Envs in Python: Gymnasium's own checks of every env, and the page's program; skipped where Python has no Gymnasium. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { Workplace } from '../scripts/command-line.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const hasGymnasium = 'import gymnasium; assert int(gymnasium.__version__.split(".")[0]) >= 1';
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', hasGymnasium]).status === 0,
);
if (python === undefined) console.warn('skipped: no python3 here can import gymnasium 1');

const place = new Workplace();
const folder = mkdtempSync(join(tmpdir(), 'gym-bridge-'));
afterAll(() => {
  place.remove();
  rmSync(folder, { recursive: true });
});

/** Runs a program beside the servers of this process. */
function runPython(program: string, ...args: string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(python as string, ['-W', 'ignore', '-c', program, ...args], {
    env: { ...process.env, PYTHONPATH: join(ROOT, 'python') },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  return new Promise((done) => child.on('close', (status) => done({ status, output })));
}

/** Runs a program while the command offers an env. */
async function withServer(args: readonly string[], path: string, program: string): Promise<void> {
  const end = new AbortController();
  const server = place.runUntil(end.signal, 'gym-server', ...args, '--socket', path);
  const waiting =
    'import os, sys, time\nfor _ in range(400):\n    if not os.path.exists(sys.argv[1]): time.sleep(0.05)\n';
  const { status, output } = await runPython(waiting + program, path);
  end.abort();
  const outcome = await server;
  expect([status, outcome.code], output + outcome.stderr).toEqual([0, 0]);
  expect(outcome.stdout).toContain(`is offered at unix:${path}`);
}

const CHECK = `
import numpy as np
from gymnasium.utils.env_checker import check_env
from market_gym_env import MarketGymEnv, MarketGymVectorEnv, MarketGymError
env = MarketGymEnv(sys.argv[1])
check_env(env, skip_render_check=True)
first, _ = env.reset(seed=5)
envs = MarketGymVectorEnv(sys.argv[1], num_envs=3)
observations, _ = envs.reset(seed=5)
assert np.array_equal(first, observations[0]), 'one env and the first of three differ'
rng = np.random.default_rng(1)
ends = 0
for _ in range(400):
    observations, rewards, terminated, truncated, info = envs.step(envs.action_space.sample())
    over = terminated | truncated
    assert observations in envs.observation_space
    assert over.any() == ('final_obs' in info)
    if over.any():
        ends += 1
        assert np.array_equal(info['_final_obs'], over)
        assert all((info['final_obs'][i] is not None) == over[i] for i in range(3))
env.close(); envs.close()
try:
    MarketGymVectorEnv(sys.argv[1], num_envs=0)
    raise SystemExit('no refusal')
except MarketGymError as error:
    assert 'envs; 1 to' in str(error)
`;

describe.skipIf(python === undefined)('Gymnasium finds nothing wrong', () => {
  const lines = Array.from({ length: 6000 }, (_, i) => {
    const price = 20_000 + 3 * Math.sin(i / 9);

    return JSON.stringify({
      timestamp: 1672759800000 + 500 * i,
      exchange: 'A',
      bids: [[price.toFixed(2), '1']],
      asks: [[(price + 1).toFixed(2), '1']],
    });
  });
  writeFileSync(join(folder, 'books.jsonl'), lines.join('\n'));
  test.each([
    ['cartpole', []],
    ['pendulum', []],
    ['mountain-car-continuous', []],
    ['trading', ['--set', 'env.episodeBars=50']],
    [
      'trading-books',
      ['--data', join(folder, 'books.jsonl'), '--set', 'env.barMs=1000', 'env.normalizationBars=20'],
    ],
    ['portfolio', []],
    ['shares', []],
    ['arbitrage', []],
  ] as const)('with %s', async (env, args) => {
    await withServer(['--env', env, ...args], join(folder, `${env}.sock`), CHECK);
  });
});

test.skipIf(python === undefined)('the program of the page runs beside its command', async () => {
  const page = readFileSync(join(ROOT, 'docs/interchange.md'), 'utf8');
  const [, command] = /```bash\nnpx market-gym gym-server (.*) --socket gym\.sock\n```/.exec(page) ?? [];
  const [, program] = /```python\n(.*?)```/s.exec(page) ?? [];
  const path = join(folder, 'page.sock');
  await withServer(command.split(' '), path, program.replaceAll('gym.sock', path));
});

test.skipIf(python === undefined)('over WebSockets a client sees what it sees over a socket', async () => {
  const program = `
import sys, numpy as np, threading
from market_gym_env import MarketGymVectorEnv
envs = MarketGymVectorEnv(sys.argv[1], num_envs=500, infos=True)
envs.reset(seed=3)
for _ in range(20): observations, *_ = envs.step(np.ones(500, int))
print(repr(float(observations.sum())))
envs.close()
`;
  const { startBridge } = await import('../../experiments/bridge/server.ts');
  const { cartpole } = await import('../../envs/cartpole.ts');
  const { createVectorEnv } = await import('../../envs/vector/vector-env.ts');
  const createEnvs = (numEnvs: number, seed: number) =>
    createVectorEnv(Array.from({ length: numEnvs }, (_, i) => cartpole.create({ seed: seed + i })));
  const outputs: string[] = [];
  for (const listen of [{ port: 0 }, { socket: join(folder, 'same.sock') }]) {
    const server = await startBridge({ env: 'cartpole', createEnvs, listen });
    const { status, output } = await runPython(program, server.address);
    await server.close();
    expect(status, output).toBe(0);
    outputs.push(output);
  }
  expect(outputs[0]).toBe(outputs[1]);
});

test('where to listen must be said, once', async () => {
  for (const args of [[], ['--socket', 'a', '--port', '1']]) {
    const { code, stderr } = await place.run('gym-server', '--env', 'cartpole', ...args);
    expect([code, stderr]).toEqual([2, 'Say where to listen: --socket PATH, or --port NUMBER.\n']);
  }
});
