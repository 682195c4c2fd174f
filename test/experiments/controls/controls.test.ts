/** Markets of which the answer is known, and what learners make of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { mean, standardDeviation } from '../../../core/statistics.ts';
import { cartpole } from '../../../envs/cartpole.ts';
import { TradingEnv } from '../../../envs/trading.ts';
import { fitRidge } from '../../../experiments/controls/linear-rule.ts';
import { permuteBars, plantEdge } from '../../../experiments/controls/markets.ts';
import { type ControlsResult, plantedNote } from '../../../experiments/controls/result.ts';
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

describe('a ridge regression', () => {
  const rng = createRng(3);
  const rows = Array.from({ length: 400 }, () => Float32Array.from([rng.gaussian(), 7, rng.gaussian()]));

  test('is the straight line where there is no noise, whatever stays constant', () => {
    const values = Float64Array.from(rows, ([a, , b]) => 2 + 3 * a - b);
    const expects = fitRidge(rows, values);
    for (const row of rows.slice(0, 5)) expect(expects(row)).toBeCloseTo(2 + 3 * row[0] - row[2], 3);
  });

  test('takes off what noise alone would give: p·σ²/‖b‖² on the diagonal', () => {
    const values = Float64Array.from(rows, ([a]) => 0.3 * a + rng.gaussian());
    const expects = fitRidge(rows, values);
    const at = (a: number, b: number) =>
      expects(Float32Array.of(a, 7, b)) - expects(Float32Array.of(0, 7, 0));
    // By the definition, for two columns.
    const scale = [0, 2].map((d) => {
      const column = rows.map((row) => row[d]);
      const m = mean(column);
      return { m, s: Math.sqrt(mean(column.map((x) => (x - m) ** 2))), d };
    });
    const z = rows.map((row) => scale.map(({ m, s, d }) => (row[d] - m) / s));
    const y = Array.from(values, (value) => value - mean(values));
    const sum = (f: (i: number) => number) => rows.reduce((total, _, i) => total + f(i), 0);
    const g = sum((i) => z[i][0] * z[i][1]);
    const [u, v] = [sum((i) => z[i][0] * y[i]), sum((i) => z[i][1] * y[i])];
    const solve = (k: number) => {
      const [p, q] = [sum((i) => z[i][0] ** 2) + k, sum((i) => z[i][1] ** 2) + k];
      return [(u * q - v * g) / (p * q - g * g), (v * p - u * g) / (p * q - g * g)];
    };
    const b = solve(0);
    const noise = sum((i) => (y[i] - b[0] * z[i][0] - b[1] * z[i][1]) ** 2) / (400 - 2);
    const ridge = solve((2 * noise) / (b[0] ** 2 + b[1] ** 2));
    expect(at(1, 0)).toBeCloseTo(ridge[0] / scale[0].s, 5);
    expect(at(0, 1)).toBeCloseTo(ridge[1] / scale[1].s, 5);
    expect(Math.abs(at(1, 0))).toBeLessThan(Math.abs(b[0] / scale[0].s));
  });

  test('of fewer rows than columns expects the mean', () => {
    const expects = fitRidge(rows.slice(0, 2), Float64Array.of(1, 2));
    expect(expects(rows[9])).toBe(1.5);
  });
});

test('what became of a planted edge is told from what could have been found', () => {
  const said = (agent: string, rule: string, linear?: string) =>
    plantedNote(
      [
        {
          name: 'planted',
          verdict: { finding: agent, skillPerYear: { mean: 0.01 } },
          rule: { finding: rule, skillPerYear: 0.4 },
          ...(linear && { linear: { finding: linear, skillPerYear: 0.2 } }),
        },
      ] as never,
      3,
    );
  expect(said('edge', 'edge', 'none')).toMatch(/was found: \+1\.0 % .* linear rule .* \+20\.0 %\.$/);
  expect(said('none', 'edge', 'edge')).toContain('It was there to be found: the training missed it');
  expect(said('none', 'edge', 'none')).toContain('too weak to be found in so many rows');
  expect(said('none', 'none', 'none')).toContain('had no power');
  expect(said('none', 'edge')).toMatch(/was not found: \+1\.0 % .* earns \+40\.0 % after costs\.$/);
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
    const planted = found[3];
    expect(planted.rule?.finding).toBe('edge');
    expect(planted.linear?.skillPerYear).toBeGreaterThan(0);
    expect(found.filter(({ linear }) => linear !== undefined)).toEqual([planted]);
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
    for (const [env, why] of [
      ['cartpole', 'trades no market data'],
      ['trading-books', 'trades order books'],
      ['arbitrage', 'trades order books'],
      ['carry', 'trades order books'],
      ['portfolio', 'lacks price, exposure'],
      ['shares', 'lacks price, exposure'],
    ]) {
      const { code, stderr } = await place.run('controls', '--env', env, '--steps', '64', '--seeds', '1');
      expect([code, stderr.split('\n').length, stderr]).toEqual([2, 2, expect.stringContaining(why)]);
      expect(stderr).toContain('such as "trading"');
    }
  });
});
