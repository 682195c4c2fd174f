/** What is left of a run at other costs: against accounts that can be told by hand, and through the command. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { TradingEnv } from '../../../envs/trading.ts';
import { delayActions } from '../../../envs/wrappers/delay-actions.ts';
import { costSurface } from '../../../experiments/costs/surface.ts';
import { openTrainedRun, type TrainedRun } from '../../../experiments/run/judge-runs.ts';
import { encodeBooks } from '../../../market/books/load.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import { candleFile, Workplace } from '../../scripts/command-line.ts';
import { counts } from '../../soak.ts';

let place: Workplace;
let held: TrainedRun;

/** Prices that rise by 0.1 % a bar, from open to close. */
const rising = Array.from({ length: 400 }, (_, day) => {
  const date = new Date(Date.UTC(2015, 0, 1 + day)).toISOString().slice(0, 10);
  const [open, close] = [100 * 1.001 ** day, 100 * 1.001 ** (day + 1)];
  return [date, open, close, open, close, 1_000_000].join();
});

beforeAll(async () => {
  place = new Workplace();
  place.write('rising.csv', candleFile(rising));
  const { code, stderr } = await place.run(
    ...[
      'train',
      '--agent',
      'buy-and-hold',
      '--data',
      'rising.csv',
      '--steps',
      '8',
      '--envs',
      '1',
      '--evaluate-every',
      '0',
    ],
    ...['--set', 'env.normalizationBars=20', 'env.levels=[0,1]', 'env.slippageRate=0.0002', '--out', 'held'],
  );
  expect([code, stderr]).toEqual([0, '']);
  held = await openTrainedRun(place.file('held'));
});
afterAll(() => place.remove());

describe('an agent that buys once and holds', () => {
  test('loses each fee and half-spread once, and breaks even where both eat up the rise', async () => {
    const surface = (await costSurface([held], {
      fees: [0, 0.01],
      slippages: [0, 0.0002, 0.01],
      latencies: [0],
    }))!;
    const at = (fee: number, slippage: number) =>
      surface.cells.find((cell) => cell.fee === fee && cell.slippage === slippage)!.netReturn;
    const growth = 1 + at(0, 0);
    // Bought at the second open of the test span, valued at its last close.
    const { fromRow, toRow } = held.run.market!.spans.test;
    expect(growth).toBeCloseTo(1.001 ** (toRow - fromRow - 1), 9);
    expect(1 + at(0.01, 0)).toBeCloseTo(growth * 0.99, 3);
    expect(1 + at(0, 0.01)).toBeCloseTo(growth / 1.01, 3);
    const even = surface.breakEven.find(({ slippage }) => slippage === 0)!.fee!;
    expect(even).toBeGreaterThan(0.05 - 1e-9);
    const cheap = (await costSurface([held], { fees: [0.001], slippages: [0.06], latencies: [0] }))!;
    const edge = cheap.breakEven[0].fee!;
    expect(growth / 1.06 > 1 ? edge : 0).toBeCloseTo(1 - 1.06 / growth, 2);
    expect(surface.base).toEqual({ fee: 0.001, slippage: 0.0002, latency: 0 });
  });

  test('earns less by each bar that it comes late', async () => {
    const surface = (await costSurface([held], { fees: [0], slippages: [0], latencies: [0, 1, 5] }))!;
    const [now, one, five] = surface.cells.map(({ netReturn }) => 1 + netReturn);
    expect(now / one).toBeCloseTo(1.001, 9);
    expect(now / five).toBeCloseTo(1.001 ** 5, 9);
  });

  test('earns less with more capital, by the square root of its share of the volume', async () => {
    const capitals = [1e4, 1e6, 1e8];
    const { capacity } = (await costSurface([held], {
      fees: [0],
      slippages: [0],
      latencies: [0],
      capitals,
    }))!;
    const lost = capacity.points.map(({ netReturn }) => -netReturn);
    expect(capacity.means).toBe('square-root impact, coefficient 1');
    expect(lost[1] - lost[0]).toBeGreaterThan(0);
    expect((lost[2] - lost[0]) / (lost[1] - lost[0])).toBeGreaterThan(5);
    const none = (await costSurface([held], { fees: [0], slippages: [0], latencies: [0], capitals: [1e4] }))!;
    expect(none.capacity.halfAt).toBeUndefined();
  });

  test('is interrupted between two cells', async () => {
    const stop = new AbortController();
    expect(
      await costSurface([held], { signal: stop.signal, onProgress: () => stop.abort() }),
    ).toBeUndefined();
  });
});

test('a late action takes effect so many steps later, and nothing is held before', () => {
  const candles = geometricBrownian({ rng: createRng(1), length: 60, stepMs: 60_000 });
  const config = { features: ['return:1'], normalize: 'none' as const, window: 1, levels: [-1, 0, 1] };
  const env = delayActions(new TradingEnv({ candles, config: { ...config, episodeStart: 'sequential' } }), 2);
  env.reset({ seed: 1 });
  const targets = [2, 0, 1, 2].map((action) => env.step(action).info.targetExposure);
  expect(targets).toEqual([0, 0, 1, -1]);
  expect(() => delayActions(env, -1)).toThrow(/whole number of steps, got -1/);
});

describe('the command', () => {
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await place.run('costs', ...args, '--no-ledger', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  test('writes the surface as JSON and CSV, and as heat maps of its own page and of the report', async () => {
    const grid = ['--fees', '0,10', '--slippages', '0,2', '--latencies', '0,1', '--capitals', '1e4,1e9'];
    const { cells, base, capacity, breakEven } = await json('held', ...grid);
    expect(
      cells.map(({ fee, slippage, latency }: Record<string, number>) => [fee, slippage, latency]),
    ).toEqual([
      [0, 0, 0],
      [0.001, 0, 0],
      [0, 0.0002, 0],
      [0.001, 0.0002, 0],
      [0, 0, 1],
      [0.001, 0, 1],
      [0, 0.0002, 1],
      [0.001, 0.0002, 1],
    ]);
    expect([base.fee, capacity.points.length, breakEven.length]).toEqual([0.001, 2, 3]);
    expect(place.read('held/costs.csv').split('\n').slice(0, 2)).toEqual([
      'feeRate,slippageRate,latencyBars,netReturn,sharpePerYear',
      `0,0,0,${cells[0].netReturn},${cells[0].sharpe}`,
    ]);
    const page = place.read('held/costs.html');
    expect(page.match(/<table class="heat">/g)).toHaveLength(4);
    expect(page.match(/outline:2px solid/g)).toHaveLength(2);
    expect(page).not.toContain('<script');
    await place.run('evaluate', 'held', '--no-ledger');
    expect(place.read('held/report.html')).toContain('<section id="costs">');
  });

  test('takes envs of several assets and arbitrage of every kind, whatever they call their fees', async () => {
    place.write('other.csv', candleFile(rising.map((line, i) => line.replaceAll('1000000', `${1000 + i}`))));
    const BRIEF = ['--agent', 'random', '--steps', '8', '--envs', '1', '--evaluate-every', '0'];
    const series = ['--data', 'rising.csv,other.csv', '--set', 'env.normalizationBars=20'];
    const grid = ['--fees', '0,20', '--latencies', '0', '--capitals', '1e4,1e5'];
    const kinds: [string, number, ...string[]][] = [
      ['shares', 0.0015, ...series, 'env.buyCostRate=0.002'],
      ['carry', 0.0004],
      ['portfolio', 0.001, ...series],
      ['perp-carry', 0.0004],
      ['premium', 0.0004],
      ['triangular', 0.0004],
    ];
    for (const [env, base, ...settings] of kinds.slice(0, counts(2, kinds.length))) {
      const trained = await place.run('train', '--env', env, ...BRIEF, ...settings, '--out', env);
      expect({ code: trained.code, stderr: trained.stderr }).toEqual({ code: 0, stderr: '' });
      const surface = await json(env, ...grid);
      expect(surface.base.fee).toBeCloseTo(base, 12);
      const [free, dear] = surface.cells.map(({ netReturn }: { netReturn: number }) => netReturn);
      expect([env, free > dear, surface.feeNote]).toEqual([env, true, undefined]);
      expect(surface.capacity.points).toHaveLength(env === 'portfolio' || env === 'shares' ? 0 : 2);
    }
  });

  test('says so where fees change nothing, as the env goes by others or nothing is traded', async () => {
    const grid = ['--fees', '0,20', '--slippages', '0', '--latencies', '0', '--capitals', '1e4'];
    const noteOf = async (out: string, exposure: string, ...settings: string[]) => {
      await place.run(
        ...[
          'train',
          '--agent',
          'buy-and-hold',
          '--data',
          'rising.csv',
          '--steps',
          '8',
          '--envs',
          '1',
          '--out',
          out,
        ],
        ...[
          '--set',
          'env.normalizationBars=20',
          'env.levels=[0,1]',
          `agent.exposure=${exposure}`,
          ...settings,
        ],
      );
      return (await json(out, ...grid)).feeNote;
    };
    expect(await noteOf('cash', '0')).toBe('Fees change nothing: the agent does not trade.');
    expect(await noteOf('tiers', '1', 'env.feeModel=tiered')).toBe(
      'Fees change nothing: env.feeModel, "tiered", decides them, or the agent does not trade.',
    );
  });

  test('takes envs on books with their own latencies, and says how short their span is', async () => {
    const market = new SyntheticVenues({ events: 3000, venues: [{ name: 'A' }, { name: 'B' }] });
    const books = encodeBooks(market.generate(createRng(1)), 'books.jsonl');
    place.write('books.jsonl', Buffer.from(books).toString());
    const SHORT = [
      '--agent',
      'random',
      '--data',
      'books.jsonl',
      '--steps',
      '8',
      '--envs',
      '1',
      '--evaluate-every',
      '0',
    ];
    const grid = ['--fees', '0,5', '--latencies', '0,250', '--capitals', '1000,1e8'];
    for (const [env, ...settings] of [
      ['trading-books', 'env.barMs=500', 'env.normalizationBars=5', 'env.features=["return:1"]'],
      ['arbitrage', 'env.warmupEvents=20'],
    ]) {
      const trained = await place.run('train', '--env', env, ...SHORT, '--set', ...settings, '--out', env);
      expect({ code: trained.code, stderr: trained.stderr }).toEqual({ code: 0, stderr: '' });
      const { cells, latencyUnit, hasSlippage, capacity, days } = await json(env, ...grid);
      expect([cells.length, latencyUnit, hasSlippage, capacity.means]).toEqual([
        4,
        'ms',
        false,
        'the depth of the books',
      ]);
      expect(cells[1].netReturn).toBeLessThan(cells[0].netReturn);
      expect(days).toBeLessThan(1);
    }
    expect(place.read('arbitrage/costs.html')).toContain('hours long: a Sharpe ratio a year is no forecast');
  });

  test('refuses an env without a fee, and numbers that are none, in one line', async () => {
    await place.run('train', '--env', 'cartpole', '--agent', 'random', '--steps', '8', '--out', 'pole');
    for (const [args, message] of [
      [
        ['pole'],
        /Env "cartpole" has no setting feeRate, takerFeeRates, takerFeeRate, costRate, buyCostRate and sellCostRate/,
      ],
      [['held', '--fees', '1,x'], /--fees takes numbers of 0 or more by comma, got "1,x"/],
    ] as const) {
      const { code, stderr } = await place.run('costs', ...args);
      expect([code, stderr.split('\n').length, message.test(stderr)]).toEqual([2, 2, true]);
    }
  });
});
