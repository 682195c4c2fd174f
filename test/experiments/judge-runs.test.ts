import { beforeAll, describe, expect, test } from 'vitest';
import type { Agent } from '../../agents/agent.ts';
import { createRng } from '../../core/rng.ts';
import type { AccountInfo } from '../../envs/account-info.ts';
import type { Env } from '../../envs/env.ts';
import {
  evaluateEpisodes,
  formatJudgement,
  judgedBy,
  judgeTrading,
  reportOf,
  type TrainedRun,
  testAccount,
} from '../../experiments/run/judge-runs.ts';
import { createEvaluationEnv, createTrainingEnvs } from '../../experiments/run/parts.ts';
import { planRun, type Run } from '../../experiments/run/spec.ts';
import { type Candles, sliceCandles } from '../../market/candles/candles.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import { renderReport } from '../../trainers/report/render.ts';
import { splitSpans } from '../../trainers/spans.ts';
import { walkingBooks } from '../market/walking-books.ts';
import { ownEnvs } from '../trainers/own-envs.ts';

const DAY_MS = 86_400_000;
const candles = geometricBrownian({ rng: createRng('a turning market'), length: 400, stepMs: DAY_MS });
const spans = splitSpans(candles);
let planned: Run;

beforeAll(async () => {
  planned = await planRun({
    agent: 'random',
    env: 'trading',
    plugins: [],
    settings: { agent: {}, env: {} },
    numEnvs: 1,
    totalSteps: 1,
    seed: 3,
    evaluateEvery: 0,
    checkpointEvery: 0,
  });
  for (const plugin of ownEnvs) if (plugin.name !== 'trading') planned.catalog.envs.add(plugin);
});

/** A run of this env on the candles, that has been trained to follow the last change. */
function trainedIn(name: string, config: Run['spec']['env']['config'] = {}): TrainedRun {
  const market = { ...planned.market!, candles, series: [candles], spans };
  const run: Run = { ...planned, market, spec: { ...planned.spec, env: { name, config } } };
  const directory = new RunDirectory('nowhere');
  const checkpoint = { name: 'best', path: 'nowhere', steps: 1 } as TrainedRun['checkpoint'];
  return { run, directory, checkpoint, agent: followerFor(createEvaluationEnv(run, 'test')) };
}

/** Long after a rise and short after a fall, as its one column says, wherever that column stands. */
function followerFor({ observationSpace: { dim, names }, actionSpace }: Env): Agent {
  const column = dim === 1 || names !== undefined ? 0 : dim - 1;
  return {
    act(observation) {
      expect(observation.length).toBe(dim);
      const isUp = observation[column] > 0;
      if (actionSpace.kind === 'box') return Float32Array.of(isUp ? 1 : -1);
      return Int32Array.of(isUp && actionSpace.kind === 'discrete' ? actionSpace.n - 1 : 0);
    },
    observe: () => undefined,
    save: () => ({ arrays: {}, values: {} }),
    load: () => {},
  };
}

/** The judge's figures, by a loop of one's own. */
function byHand(env: Env, agent: Agent) {
  let { observation, info } = env.reset({ seed: 3 });
  const infos = [{ ...(info as AccountInfo) }];
  for (let isOver = false; !isOver; ) {
    const action = agent.act(observation, 1, false);
    const result = env.step(env.actionSpace.kind === 'discrete' ? action[0] : action);
    ({ observation, info } = result);
    infos.push({ ...(info as AccountInfo) });
    isOver = result.terminated || result.truncated;
  }
  const equity = infos.map((each) => each.equity);
  return {
    timeMs: infos.map((each) => each.timeMs),
    equity,
    totalReturn: equity[equity.length - 1] / equity[0] - 1,
    exposure: infos.map((each) => each.exposure),
  };
}

const testCandles = sliceCandles(candles, spans.test.fromRow, spans.test.toRow);

describe('a run in an env of the user’s own', () => {
  test.each(['own-features', 'selected', 'clipped', 'reversed', 'limited-in-training'])(
    '%s is judged in that env, on every row of the span',
    (name) => {
      const trained = trainedIn(name, name === 'own-features' ? { feeRate: 0.0007, levels: [-1, 1] } : {});
      expect(judgedBy(trained)).toEqual({ by: 'account' });
      const { test: judged } = judgeTrading([trained]).spans;
      const { backtest } = judged.candidates[0];
      const hand = byHand(createEvaluationEnv(trained.run, 'test'), trained.agent);
      expect([...backtest.timeMs]).toEqual([...testCandles.timeMs]);
      expect([...backtest.equity]).toEqual(hand.equity);
      expect([...backtest.exposure]).toEqual(hand.exposure);
      expect(backtest.metrics.totalReturn).toBeCloseTo(hand.totalReturn, 12);
      expect(judged.notes).toEqual([]);
      for (const { backtest: other } of [...judged.rules, judged.random.median]) {
        expect([...other.timeMs]).toEqual([...testCandles.timeMs]);
      }
      expect(testAccount(trained)!.metrics).toEqual(backtest.metrics);
    },
  );

  test('baselines pay what that env takes: holding is the close over the first open, less one fee', () => {
    const trained = trainedIn('own-features', { feeRate: 0.0007, levels: [0, 1] });
    const { rules } = judgeTrading([trained]).spans.test;
    const { equity, metrics } = rules.find(({ name }) => name === 'buy-and-hold')!.backtest;
    const held = (10_000 / testCandles.open[1]) * (1 - 0.0007);
    for (let row = 1; row < testCandles.length; row++) {
      expect(equity[row]).toBeCloseTo(held * testCandles.close[row], 6);
    }
    expect(metrics).toMatchObject({ numTrades: 1, timeInMarket: 1 });
    expect(metrics.costs).toBeCloseTo(0.0007, 12);
  });

  test('the moving-average baseline looks back before the span, and stays in cash where there is nothing', () => {
    const trained = trainedIn('own-features', { levels: [0, 1] });
    const { spans: judged } = judgeTrading([trained]);
    const average = (row: number, bars: number) =>
      candles.close.slice(row - bars + 1, row + 1).reduce((sum, close) => sum + close, 0) / bars;
    for (const name of ['train', 'test'] as const) {
      const { exposure } = judged[name].rules.find((rule) => rule.name === 'sma-cross')!.backtest;
      const fromRow = name === 'train' ? 1 : spans.test.fromRow;
      const wanted = Array.from(exposure.subarray(1), (_, i) => {
        const row = fromRow + i;
        return row >= 49 && average(row, 20) > average(row, 50);
      });
      expect(Array.from(exposure.subarray(1), (share) => share > 0.5)).toEqual(wanted);
      expect(wanted).toContain(true);
      expect(wanted).toContain(false);
    }
  });

  test('one that ends its pass early is judged up to there, with its baselines, and says so', () => {
    const trained = trainedIn('limited');
    const judgement = judgeTrading([trained]);
    const { candidates, rules, random, notes } = judgement.spans.test;
    const { equity, timeMs } = candidates[0].backtest;
    expect([...equity]).toEqual(byHand(createEvaluationEnv(trained.run, 'test'), trained.agent).equity);
    for (const { backtest } of [...rules, random.median]) expect(backtest.timeMs).toEqual(timeMs);
    expect(timeMs).toHaveLength(26);
    expect(notes).toEqual([
      expect.stringMatching(/^The env ended its pass of the test span on .*, 54 rows before/),
    ]);
    expect(formatJudgement(judgement, 'random')).toContain(notes[0]);
    expect(renderReport(reportOf([trained], judgement, 'again'))).toContain('54 rows before the end');
  });

  test('a market with a step of its own is judged by one pass; what cannot trade in it trades the same bars', () => {
    const trained = trainedIn('lots', { feeRate: 0.002 });
    const judgement = judgeTrading([trained]);
    const { candidates, rules, notes } = judgement.spans.test;
    const { backtest } = candidates[0];
    const hand = byHand(createEvaluationEnv(trained.run, 'test'), trained.agent);
    expect([...backtest.equity]).toEqual(hand.equity);
    expect([...backtest.timeMs]).toEqual([...testCandles.timeMs.subarray(1)]);
    // Nobody says what was traded: a tenth of a unit is sold after each rise.
    const { close } = testCandles;
    backtest.tradedNotional.forEach((notional, i) => {
      expect(notional).toBeCloseTo(close[i + 1] > close[i] ? 0.1 * close[i + 2] : 0, 6);
    });
    expect(backtest.metrics.costs).toBeNaN();
    expect(notes).toEqual([expect.stringMatching(/Discrete\(3\), are no exposures.*with feeRate 0.002\.$/)]);
    const holding = rules.find(({ name }) => name === 'buy-and-hold')!.backtest;
    expect(holding.timeMs).toEqual(backtest.timeMs);
    const [before, last] = [testCandles.length - 2, testCandles.length - 1];
    expect(holding.returns.at(-1)).toBeCloseTo(close[last] / close[before] - 1, 12);
    expect(holding.metrics.costs).toBeCloseTo(0.002, 12);
    expect(renderReport(reportOf([trained], judgement, 'again'))).toContain('fee 20 bp');
  });

  test.each([
    ['some', [-50, 0, 50]],
    ['all', [-50, 50]],
  ])('where %s are ruined, accounts stay at nothing to the end of the span', (_, levels) => {
    const config = { maxLeverage: 50, levels, feeRate: 0.0001, features: ['return:1'], normalize: 'none' };
    const trained = trainedIn('trading', { ...config, window: 1 });
    const { candidates, rules, random } = judgeTrading([trained]).spans.test;
    const { equity, exposure, price, timeMs, metrics } = candidates[0].backtest;
    expect([...timeMs]).toEqual([...testCandles.timeMs]);
    expect([...price]).toEqual([...testCandles.close]);
    expect([equity.at(-1), exposure.at(-1), metrics.totalReturn]).toEqual([0, 0, -1]);
    for (const { backtest } of [...rules, random.median]) expect(backtest.timeMs).toEqual(timeMs);
    expect(testAccount(trained)!.equity).toEqual(equity);
  });

  test('one that keeps its account to itself is judged by the return of one pass, and told what it lacks', () => {
    const trained = trainedIn('secretive');
    const { by, reason } = judgedBy(trained);
    expect(by).toBe('episodes');
    expect(reason).toMatch(/^Without a verdict: the info of env "secretive" lacks timeMs, price, exposure\./);
    expect(testAccount(trained)).toBeUndefined();
    const { returns, lengths } = evaluateEpisodes(trained, undefined, 1);
    expect(lengths).toEqual([testCandles.length - 2]);
    expect(returns).toEqual([testCandles.length - 2]);
  });

  test('the bars of a span are all it is given, unless it uses spans', () => {
    const seen: { candles: Candles; span: object; onePass: boolean }[] = [];
    for (const name of ['lots', 'selected']) {
      const { run } = trainedIn(name);
      const plugin = run.catalog.envs.get(name);
      const watching = {
        ...plugin,
        create: (context: never) => {
          seen.push(context);
          return plugin.create(context);
        },
      };
      const envs = { get: () => watching } as unknown as Run['catalog']['envs'];
      const watched: Run = { ...run, catalog: { ...run.catalog, envs } };
      createEvaluationEnv(watched, 'test');
      createTrainingEnvs(watched);
    }
    expect(seen.map(({ candles: { length }, span, onePass }) => ({ length, span, onePass }))).toEqual([
      { length: 80, span: { fromRow: 0, toRow: 80 }, onePass: true },
      { length: 240, span: { fromRow: 0, toRow: 240 }, onePass: false },
      { length: 400, span: { fromRow: 320, toRow: 400 }, onePass: true },
      { length: 400, span: { fromRow: 0, toRow: 240 }, onePass: false },
    ]);
    expect(seen[0].candles.timeMs[0]).toBe(candles.timeMs[320]);
  });
});

test('a run whose features know the first bars sooner than a baseline does is judged on all spans', () => {
  const trained = trainedIn('trading', { features: ['return:1'], normalize: 'none', window: 1 });
  const { agent, ...rest } = trained;
  const up: Agent = { ...agent, act: () => Int32Array.of(2) };
  const { spans: judged } = judgeTrading([{ ...rest, agent: up }]);
  const lengths = [judged.train, judged.validation, judged.test].map(({ candidates, rules, random }) =>
    [...candidates, ...rules, random.median].map(({ backtest }) => backtest.timeMs.length),
  );
  expect(lengths).toEqual([Array(5).fill(239), Array(5).fill(80), Array(5).fill(80)]);
});

test('a run on books is judged by its account too, with baselines in the same books', () => {
  const tape = walkingBooks({ events: 4000, venues: 1 });
  const books = { path: 'books', tape, spans: splitSpans(tape), sha256: '', notes: [] };
  const config = {
    barMs: 2000,
    features: ['return:1'],
    normalize: 'none',
    window: 1,
    feeRate: 0.0001,
    latencySigma: 1,
  };
  const { run, ...rest } = trainedIn('trading');
  const onBooks: Run = {
    ...run,
    market: undefined,
    books,
    spec: { ...run.spec, env: { name: 'trading-books', config } },
  };
  const trained = { ...rest, run: onBooks, agent: followerFor(createEvaluationEnv(onBooks, 'test')) };
  expect(judgedBy(trained)).toEqual({ by: 'account' });
  const judgement = judgeTrading([trained]);
  const { candidates, rules, random, notes } = judgement.spans.test;
  const hand = byHand(createEvaluationEnv(onBooks, 'test'), trained.agent);
  expect([...candidates[0].backtest.equity]).toEqual(hand.equity);
  expect(hand.equity.length).toBeGreaterThan(100);
  for (const { backtest } of [...rules, random.median]) expect([...backtest.timeMs]).toEqual(hand.timeMs);
  expect(notes).toEqual([]);
  expect(renderReport(reportOf([trained], judgement, 'again'))).toContain('part of the books from');
});
