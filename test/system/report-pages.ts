/** Makes one of every page, of small samples. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '../../agents/rules/random.ts';
import { createRng } from '../../core/rng.ts';
import { arbitrageConfig } from '../../envs/arbitrage/config.ts';
import type { ArbitrageEnv } from '../../envs/arbitrage.ts';
import { renderSession, summarizeSession } from '../../experiments/live/session-report.ts';
import { readSessionStory } from '../../experiments/live/session-story.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';
import { judgeArbitrage } from '../../trainers/arbitrage/judge.ts';
import { ArbitrageRecorder } from '../../trainers/arbitrage/record.ts';
import { splitByTime } from '../../trainers/arbitrage/train.ts';
import { backtest } from '../../trainers/backtest.ts';
import { judge } from '../../trainers/judge.ts';
import { tradingTask } from '../../trainers/judged-task.ts';
import type { RecordedArbitrage } from '../../trainers/records/arbitrage-tables.ts';
import { renderArbitrageReport } from '../../trainers/report/arbitrage.ts';
import { renderCostsPage } from '../../trainers/report/costs.ts';
import { renderQualityReport } from '../../trainers/report/data-quality.ts';
import { renderPriorPage } from '../../trainers/report/pages/prior.ts';
import { renderUpdatePage } from '../../trainers/report/pages/update.ts';
import { renderReport } from '../../trainers/report/render.ts';
import { tradingReport } from '../../trainers/report/trading.ts';
import { splitSpans } from '../../trainers/spans.ts';
import { recordSession, twoVenueBooks } from '../live/recorded-session.ts';
import { TRADING_SCRIPT } from '../live/scripted-run.ts';
import { walkingBooks } from '../market/walking-books.ts';

const SEEDS = [1, 2, 3];

/** A judgement of traders that draw at random, on daily bars. */
export function sampleTradingPage(numBars = 3000): string {
  const candles = geometricBrownian({
    rng: createRng('pages'),
    length: numBars,
    stepMs: 86_400_000,
    startMs: Date.UTC(2012, 0, 1),
  });
  const config = {
    window: 5,
    normalizationBars: 100,
    feeRate: 0.0005,
    slippageRate: 0.0002,
    levels: [-1, 0, 1],
  };
  const task = tradingTask(candles, config, splitSpans(candles));
  const env = task.createEnv(task.spans.test);
  const candidates = SEEDS.map((seed) => ({
    seed,
    agent: random.build(
      {
        observationSpace: env.observationSpace,
        actionSpace: env.actionSpace,
        numEnvs: 1,
        rng: createRng(seed),
        totalSteps: 0,
      },
      { changeProbability: 0.1 },
    ),
  }));
  const steps = Array.from({ length: 50 }, (_, i) => 2000 * (i + 1));
  return renderReport(
    tradingReport({
      title: 'ppo trading data/prices.csv',
      subtitle:
        'Trained for 100,000 steps with each of 3 seeds on the training part of the bars from 2012-01-01; fee 5 bp, half-spread 2 bp.',
      agentName: 'ppo',
      judgement: judge(candidates, task, 1),
      candles,
      trials: ['Trials: 12 on the same data and test span, worth 7 independent ones.'],
      learning: SEEDS.map((seed) => ({
        seed,
        steps,
        meanReturn: steps.map((step) => seed * 0.01 + step * 1e-6),
      })),
      details: [{ label: 'Repeat', value: 'market-gym evaluate runs/a runs/b runs/c', code: true }],
      caveats: ['An interval over one test span says nothing about other markets or other years.'],
    }),
  );
}

/** Of traders that draw at random between two venues. */
function sampleArbitragePage(): string {
  const books = twoVenueBooks(2500);
  const config = arbitrageConfig.parse({ warmupEvents: 40, decisionMs: 2000, takerFeeRates: [0.0003] });
  const spans = splitByTime(books, 0.5);
  const boundBps = { train: 41.3, test: 37.2 };
  const passes: RecordedArbitrage[] = [];
  const play = (
    trader: string,
    seed: number | undefined,
    span: 'train' | 'test',
    changeProbability: number,
  ) => {
    const recorder = new ArbitrageRecorder();
    const agentFor = ({ observationSpace, actionSpace }: ArbitrageEnv) =>
      random.build(
        {
          observationSpace,
          actionSpace,
          numEnvs: 1,
          rng: createRng(seed ?? 0),
          totalSteps: 0,
          masksActions: true,
        },
        { changeProbability },
      );
    const outcome = judgeArbitrage(books, config, spans[span], boundBps[span], agentFor, undefined, recorder);
    passes.push({ trader, seed, span, record: recorder.record() });
    return outcome;
  };
  const both = (trader: string, seed: number | undefined, change: number) => ({
    train: play(trader, seed, 'train', change),
    test: play(trader, seed, 'test', change),
  });
  const steps = Array.from({ length: 20 }, (_, i) => 5000 * (i + 1));
  return renderArbitrageReport(
    {
      spans,
      boundBps,
      rules: [
        { name: 'do-nothing', settings: '', ...both('do-nothing', undefined, 0) },
        { name: 'threshold', settings: 'from 4 bp', ...both('threshold', undefined, 0.05) },
      ],
      seeds: SEEDS.map((seed) => ({ seed, ...both('ppo', seed, 0.1) })),
      meanProfitBps: -12,
      profitInterval: { low: -20, high: -4 },
      sensitivity: [
        [1.5, -2, -7, -30],
        [-4, -6, -12, -40],
      ],
      verdict: {
        tone: 'worse',
        finding: 'worse',
        text: 'No edge found: on the unseen span the agents earned −12.0 bp.',
        excessBps: { mean: -12, low: -20, high: -4 },
      },
    },
    {
      title: 'ppo on alpha and beta',
      feeRates: [0, 0.0005],
      latenciesMs: [0, 250, 1000, 5000],
      details: ['Books: a synthetic market, 2500 events.'],
      passes,
      learning: SEEDS.map((seed) => ({ seed, steps, meanReturn: steps.map((step) => step * 1e-4 - seed) })),
    },
  );
}

function sampleCostsPage(): string {
  const cells = [0, 0.0005].flatMap((fee) =>
    [0, 0.0002].flatMap((slippage) =>
      [0, 1].map((latency) => ({
        fee,
        slippage,
        latency,
        netReturn: 0.1 - 200 * fee - slippage,
        sharpe: 0.5 - 900 * fee,
      })),
    ),
  );
  return renderCostsPage(
    {
      ...{
        env: 'trading',
        agent: 'ppo',
        checkpointSteps: [2048],
        days: 700,
        latencyUnit: 'bars',
        hasSlippage: true,
      },
      base: { fee: 0.0005, slippage: 0.0002, latency: 0 },
      cells,
      breakEven: [{ slippage: 0.0002, latency: 0, fee: 0.00046 }],
      capacity: {
        means: 'square-root impact, coefficient 1',
        points: [1e4, 1e6, 1e8].map((capital, i) => ({
          capital,
          netReturn: 0.1 - 0.08 * i,
          sharpe: 0.5 - 0.4 * i,
        })),
        halfAt: 5e5,
      },
    },
    'Costs of ppo on trading',
    ['Runs: runs/a'],
  );
}

export function samplePriorPage(): string {
  const candles = geometricBrownian({ rng: createRng('prior'), length: 400, stepMs: 86_400_000 });
  const account = (change: number, seed: number) =>
    backtest({ candles, config: { window: 5, normalizationBars: 100, levels: [-1, 0, 1] } }, (env) =>
      random.build(
        { ...env, numEnvs: 1, rng: createRng(seed), totalSteps: 0 },
        { changeProbability: change },
      ),
    );
  const arms = ['agent only', 'columns', 'columns + pull'];
  const accounts = arms.flatMap((arm, a) =>
    SEEDS.map((seed) => ({ arm, seed, account: account(0.05 * (a + 1), seed) })),
  );
  return renderPriorPage({
    title: 'ppo with a xgboost prior on sp500',
    subtitle: 'Trained to 2016-03-29, judged on 280 later rows.',
    ablation: {
      priorReturn: 0.04,
      verdict: 'No help found: no arm gained.',
      arms: arms.map((name, a) => ({
        name,
        returns: accounts.filter(({ arm }) => arm === name).map((one) => one.account.metrics.totalReturn),
        mean: -0.02 * a,
        interval: { low: -0.1, high: 0.06 },
        ...(a > 0 && { gain: { mean: -0.01, low: -0.1, high: 0.08 } }),
      })),
    },
    verdict: 'No help found: no arm gained. Buy-and-hold earned +4.0 %.',
    held: account(0, 9),
    accounts,
    trials: ['Trials: 9.'],
    details: ['Prior: {}'],
  });
}

function sampleUpdatePage(): string {
  const candles = geometricBrownian({ rng: createRng('update'), length: 300, stepMs: 3_600_000 });
  return renderUpdatePage({
    champion: 'signal@1',
    challenger: 'signal@2',
    decision: 'reject',
    reasons: ['the interval of the difference, −1.2 to 3.4 bp, holds 0'],
    evidence: {
      fromMs: 1_700_000_000_000,
      numPeriods: 290,
      meanDifferenceBps: 1.1,
      championRuinMs: null,
      list: [1],
    },
    account: backtest({ candles, config: { window: 5, normalizationBars: 100, levels: [-1, 0, 1] } }, (env) =>
      random.build({ ...env, numEnvs: 1, rng: createRng(1), totalSteps: 0 }, { changeProbability: 0.1 }),
    ),
    trials: ['Trials: 2.'],
    details: ['Data: data/prices.csv'],
  });
}

/** Of a session on generated books, from its tape. */
async function sampleSessionPage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'market-gym-session-page-'));
  try {
    const books = walkingBooks({ events: 900, depth: 3, seed: 2 });
    const writer = new TapeWriter(join(folder, 'tape'));
    const venues = [{ name: 'bybit', base: 'BTC', quote: 'USDT' }];
    for (const record of recordSession({ books: { ...books, venues }, config: TRADING_SCRIPT }))
      writer.append(record);
    await writer.close();
    const story = await readSessionStory(join(folder, 'tape'));
    return renderSession({ ...story, tape: 'runs/session' }, summarizeSession(story))!;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** By name. */
export const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  trading: () => sampleTradingPage(),
  session: sampleSessionPage,
  arbitrage: sampleArbitragePage,
  prior: samplePriorPage,
  update: sampleUpdatePage,
  costs: sampleCostsPage,
  data: sampleDataPage,
};

function sampleDataPage(): string {
  const candles = geometricBrownian({ rng: createRng('quality'), length: 500, stepMs: 3_600_000 });
  return renderQualityReport({
    title: 'prices.csv',
    understoodAs: 'CSV, comma, time in UTC',
    notes: ['2 lines were left out.'],
    series: [{ symbol: undefined, candles }],
  });
}
