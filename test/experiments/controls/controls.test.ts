/** Markets of which the answer is known, and what learners make of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { mean, standardDeviation } from '../../../core/statistics.ts';
import { cartpole } from '../../../envs/cartpole.ts';
import { TradingEnv } from '../../../envs/trading.ts';
import { permuteBars, plantEdge } from '../../../experiments/controls/markets.ts';
import type { ControlsResult } from '../../../experiments/controls/run-controls.ts';
import { flipRewards, showNextBar } from '../../../experiments/controls/wrappers.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { Workplace } from '../../scripts/command-line.ts';
import { PLANTED } from '../leaks/planted.ts';

const DAY_MS = 86_400_000;
const candles = geometricBrownian({ rng: createRng(1), length: 1500, stepMs: DAY_MS, gapDeviation: 0.004 });

describe('bars in another order', () => {
  const permuted = permuteBars(candles, createRng(2));

  test('have the very same gaps, ranges, returns and volumes, in another order, at the same times', () => {
    const shapesOf = ({ open, high, low, close, volume, length }: typeof candles) =>
      Array.from({ length: length - 1 }, (_, i) =>
        [open, high, low, close].map((column) => column[i + 1] / close[i]).concat(volume[i + 1]),
      ).sort((a, b) => a[4] - b[4]);
    const [own, other] = [shapesOf(candles), shapesOf(permuted)];
    for (const [i, shape] of own.entries())
      for (const [k, value] of shape.entries()) expect(other[i][k]).toBeCloseTo(value, 10);
    expect(permuted.timeMs).toEqual(candles.timeMs);
    const moved = permuted.volume.filter((value, row) => value !== candles.volume[row]);
    expect(moved.length).toBeGreaterThan(1400);
  });

  test('are decided by the seed', () => {
    expect(permuteBars(candles, createRng(2))).toEqual(permuted);
    expect(permuteBars(candles, createRng(3)).close).not.toEqual(permuted.close);
  });

  test('with a planted edge pay who goes with the last bar the Sharpe ratio that was asked for', () => {
    const long = geometricBrownian({ rng: createRng(1), length: 40_000, stepMs: DAY_MS });
    for (const sharpe of [0, 3]) {
      const { close, length } = plantEdge(long, createRng(5), sharpe);
      const earned = Array.from(
        { length: length - 2 },
        (_, i) => Math.sign(close[i + 1] - close[i]) * (close[i + 2] / close[i + 1] - 1),
      );
      const found = (mean(earned) / standardDeviation(earned)) * Math.sqrt(365.25);
      expect(Math.abs(found - sharpe)).toBeLessThan(0.3);
    }
  });
});

test('rewards with a drawn sign keep their size, and their sum goes nowhere', () => {
  const plain = cartpole.create({ seed: 1 });
  const env = flipRewards(cartpole.create({ seed: 1 }), createRng(1));
  plain.reset({ seed: 3 });
  env.reset({ seed: 3 });
  const signs = new Set<number>();
  for (let i = 0; i < 8; i++) {
    const [a, b] = [plain.step(i % 2), env.step(i % 2)];
    expect([b.observation, Math.abs(b.reward)]).toEqual([a.observation, Math.abs(a.reward)]);
    signs.add(b.reward);
  }
  expect([...signs].sort()).toEqual([-1, 1]);
});

test('an oracle shows what an order earns from the next open to the one after it', () => {
  const config = {
    features: ['return:1'],
    normalize: 'none' as const,
    window: 1,
    episodeStart: 'sequential' as const,
  };
  const env = showNextBar(new TradingEnv({ candles, config }), candles);
  const { observation, info } = env.reset({ seed: 1 });
  const { row } = info as { row: number };
  const { open } = candles;
  expect(env.observationSpace.names?.at(-1)).toBe('next bar');
  expect(Math.sign(observation[observation.length - 1])).toBe(Math.sign(open[row + 2] - open[row + 1]));
  const { observation: later } = env.step(1);
  expect(Math.sign(later[later.length - 1])).toBe(Math.sign(open[row + 3] - open[row + 2]));
});

describe('the command', () => {
  let place: Workplace;
  beforeAll(() => {
    place = new Workplace();
    place.write('planted.mjs', PLANTED);
    const { timeMs, open, high, low, close, volume } = candles;
    const lines = Array.from(timeMs, (time, row) =>
      [new Date(time).toISOString(), open[row], high[row], low[row], close[row], volume[row]].join(),
    );
    place.write('walk.csv', `time,open,high,low,close,volume\n${lines.join('\n')}\n`);
  });
  afterAll(() => place.remove());

  const TASK = [
    ...[
      'controls',
      '--data',
      'walk.csv',
      '--seeds',
      '1',
      '--set',
      'env.window=1',
      'env.normalizationBars=20',
    ],
    ...['env.feeRate=0.0002', 'env.levels=[-1,1]', 'env.episodeBars=100'],
  ];
  const FAST = ['agent.gamma=0.1', 'agent.learningRate=0.003'];

  async function controls(...args: string[]): Promise<ControlsResult & { code: number | null }> {
    const { stdout, code } = await place.run(...TASK, ...args, '--json');
    return { ...JSON.parse(stdout), code };
  }

  test('a learner finds what is shown to it, and nothing where there is nothing', async () => {
    const { controls: found, alarms, code } = await controls(...FAST, '--steps', '6000');
    expect(found.map(({ name, verdict }) => [name, verdict.finding === 'edge'])).toEqual([
      ['market', false],
      ['permuted', false],
      ['random-rewards', false],
      ['planted', expect.any(Boolean)],
      ['oracle', true],
    ]);
    expect([alarms, code]).toEqual([[], 0]);
    expect(place.exists('runs')).toBe(false);
  });

  test('one that learns nothing is reported, for it does not find what is shown to it', async () => {
    const { alarms, code } = await controls('--agent', 'random', '--steps', '64');
    expect([alarms, code]).toEqual([
      [expect.stringContaining('It finds no edge though the next bar was shown')],
      1,
    ]);
  });

  test('one that finds an edge in bars without one is reported: here its feature knows the next bar', async () => {
    const args = ['--plugin', 'planted.mjs', '--steps', '6000'];
    const { alarms, code } = await controls(...FAST, 'env.features=["shifted"]', ...args);
    expect([alarms[0], code]).toEqual([
      expect.stringContaining('It finds an edge in bars that were put into another order'),
      1,
    ]);
  });

  test('an env without an account, or without candles, is refused in one line', async () => {
    for (const env of ['cartpole', 'portfolio']) {
      const { code, stderr } = await place.run('controls', '--env', env, '--steps', '64', '--seeds', '1');
      expect([code, stderr.split('\n').length]).toEqual([2, 2]);
    }
  });
});
