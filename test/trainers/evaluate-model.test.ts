import { describe, expect, test } from 'vitest';
import { z } from '../../core/config.ts';
import { Registry } from '../../core/registry.ts';
import { createRng } from '../../core/rng.ts';
import { builtInParts } from '../../envs/parts.ts';
import { candlesFromPrices } from '../../market/candles/candles.ts';
import { defineFeeModel } from '../../market/execution/fees.ts';
import { defineSlippageModel } from '../../market/execution/slippage.ts';
import { datasetFromCandles } from '../../models/data/dataset.ts';
import { walkForward } from '../../models/data/splitters.ts';
import { outOfFold } from '../../models/signals/out-of-fold.ts';
import { describeOutputs, type Predictions } from '../../models/signals/predictions.ts';
import { trainModel } from '../../models/train.ts';
import { evaluateModel, judgePredictions } from '../../trainers/evaluate-model.ts';
import { modelReport } from '../../trainers/report/model.ts';
import { renderReport } from '../../trainers/report/render.ts';
import { backtestSignal, type TradingCosts } from '../../trainers/signal-backtest.ts';
import { range } from '../models/markets.ts';

/** Returns that repeat the sign of the return before more often than not. */
function momentum(length: number, strength: number) {
  const rng = createRng(12);
  let price = 100;
  let last = 1;
  const prices = Array.from({ length }, () => {
    last = rng.uniform() < 0.5 + strength ? last : -last;
    price *= 1 + last * 0.01 * (0.5 + rng.uniform());
    return price;
  });
  return candlesFromPrices(prices, { stepMs: 86_400_000 });
}

const label = { horizon: 1 };
const data = datasetFromCandles(momentum(1500, 0.25), {
  features: ['return:1'],
  normalizationBars: 50,
  label,
});
const options = { seed: 3, costs: { feeRate: 0.0001, execution: 'close' as const } };

const perfect = (rows: Int32Array, sign: 1 | -1 = 1): Predictions =>
  describeOutputs(
    data.classNames,
    rows,
    Float64Array.from(
      [...rows].flatMap((row) => (sign * (data.labels[row] - 0.5) > 0 ? [0.1, 0.9] : [0.9, 0.1])),
    ),
    [...rows].map(() => 'unseen' as const),
  );

describe('a signal traded with costs', () => {
  test('pays by models of the user, and so do the baselines beside it', () => {
    const double = defineFeeModel({
      name: 'double',
      description: 'The rate times a factor.',
      config: z.object({ factor: z.number().default(1).describe('a factor') }),
      create: ({ feeRate }, { factor }) => ({ feeRate: () => factor * feeRate }),
    });
    const wide = defineSlippageModel({
      name: 'wide',
      description: 'A constant rate.',
      config: z.object({ rate: z.number().default(0).describe('fraction of price') }),
      create: (_context, { rate }) => ({ slippageRate: () => rate }),
    });
    const parts = {
      ...builtInParts,
      fees: new Registry('fee model', [...builtInParts.fees, double]),
      slippages: new Registry('slippage model', [...builtInParts.slippages, wide]),
    };
    const own = { feeRate: 0.0005, feeModel: 'double', feeSettings: { factor: 2 }, slippageModel: 'wide' };
    const judge = (costs: TradingCosts) =>
      judgePredictions(perfect(range(100, 400)), data, { costs, parts }).trading!;
    const byModels = judge({ ...own, slippageSettings: { rate: 0.0002 } });
    const byRates = judge({ feeRate: 0.001, slippageRate: 0.0002, impactCoefficient: 0 });
    expect(byModels.signal.equity).toEqual(byRates.signal.equity);
    expect(byModels.rules.map(({ backtest }) => backtest.equity)).toEqual(
      byRates.rules.map(({ backtest }) => backtest.equity),
    );
    expect(judge(own).signal.metrics.costs).toBeLessThan(byModels.signal.metrics.costs);
    expect(() => judgePredictions(perfect(range(100, 400)), data, { costs: own })).toThrow(/"double"/);
  });

  test('earns what its predictions say: the sum of the returns it foresaw, less the costs', () => {
    const rows = range(100, 130);
    const { returns, metrics, tradedNotional } = backtestSignal(data.candles!, perfect(rows), {
      costs: { feeRate: 0, slippageRate: 0, execution: 'close' },
    });
    const { close } = data.candles!;
    let [equity, units, side] = [1, 0, 0];
    returns.forEach((r, i) => {
      const row = 100 + i;
      const wanted = data.labels[row] === 1 ? 1 : -1;
      // A position is brought to full exposure when it is opened, and then held.
      const held = units;
      if (wanted !== side) units = (wanted * equity) / close[row];
      expect(tradedNotional[i]).toBeCloseTo(10_000 * Math.abs(units - held) * close[row], 6);
      side = wanted;
      const gain = units * (close[row + 1] - close[row]);
      expect(r).toBeCloseTo(gain / equity, 12);
      equity += gain;
    });
    expect(metrics.maxDrawdown).toBeCloseTo(0, 12);
    const costly = backtestSignal(data.candles!, perfect(rows), {
      costs: { feeRate: 0.001, execution: 'close' },
    });
    expect(costly.metrics.costs).toBeGreaterThan(0.01);
    expect(costly.metrics.totalReturn).toBeLessThan(metrics.totalReturn - 0.01);
  });

  test('does not see the future: later predictions move no earlier return', () => {
    const rows = range(100, 200);
    const other = perfect(rows);
    for (let i = 50; i < 100; i++) other.scores[i] = -other.scores[i];
    const settings = { signal: { targetVolatility: 0.1, sizing: 'proportional' as const } };
    const before = backtestSignal(data.candles!, perfect(rows), settings);
    const after = backtestSignal(data.candles!, other, settings);
    expect([...after.returns.subarray(0, 49)]).toEqual([...before.returns.subarray(0, 49)]);
    expect([...after.returns]).not.toEqual([...before.returns]);
  });

  test('cannot be traded through rows without a prediction', () => {
    const rows = Int32Array.of(100, 101, 105);
    expect(() => backtestSignal(data.candles!, perfect(rows))).toThrow(/Rows 102 to 104 have no prediction/);
  });
});

describe('the evaluation of a model', () => {
  test('finds the edge that is there, beside baselines over the same bars', async () => {
    const model = await trainModel(data, 'linear', { maxEpochs: 20 }, { rows: range(60, 1000) });
    const result = evaluateModel(model, data, { ...options, rows: range(1010, 1490) });
    expect(result.classification?.accuracy).toBeGreaterThan(0.65);
    expect(result.skill.verdict.tone).toBe('edge');
    expect(result.informationCoefficient).toBeGreaterThan(0.3);
    expect(result.numInSample).toBe(0);
    expect(result.importance[0].rise).toBeGreaterThan(0.02);
    const { signal, rules, random, verdict } = result.trading!;
    expect(verdict.tone).toBe('edge');
    for (const { backtest } of [...rules, random.median]) expect(backtest.timeMs).toEqual(signal.timeMs);
    for (const key of ['sharpe', 'sortino', 'calmar', 'turnover', 'profitFactor'] as const) {
      expect(signal.metrics[key]).toBeGreaterThan(1);
    }
    const html = renderReport(
      modelReport({
        title: 'A <model>',
        subtitle: '',
        modelName: 'linear',
        evaluation: result,
        details: [],
        caveats: [],
      }),
    );
    expect(html).toContain('A &lt;model&gt;');
    for (const part of ['Confusion', 'Calibration', 'ROC', 'Importance', 'Drawdown'])
      expect(html).toContain(part);
  });

  test('finds nothing where there is nothing', async () => {
    const noise = datasetFromCandles(momentum(1500, 0), {
      features: ['return:1'],
      normalizationBars: 50,
      label,
    });
    const { predictions } = await outOfFold(noise, walkForward({ folds: 3 }), 'linear', { maxEpochs: 10 });
    const { skill, trading } = judgePredictions(predictions, noise, options);
    expect(skill.verdict.tone).not.toBe('edge');
    expect(trading?.verdict.tone).not.toBe('edge');
  });

  test('says how many rows the model had learnt from', async () => {
    const model = await trainModel(data, 'linear', { maxEpochs: 1 }, { rows: range(60, 200) });
    const { numInSample, trading } = evaluateModel(model, data, {
      ...options,
      rows: range(190, 260),
      importanceRepeats: 0,
    });
    // The last training row's label ends a bar later.
    expect(numInSample).toBe(11);
    expect(trading?.verdict.text).toContain('of which the model has learnt from 11');
  });

  test('refuses labels unlike those it was trained on', async () => {
    const model = await trainModel(data, 'linear', { maxEpochs: 1 });
    const other = datasetFromCandles(data.candles!, {
      features: ['return:1'],
      normalizationBars: 50,
      label: { deadBand: 0.001, horizon: 1 },
    });
    expect(() => evaluateModel(model, other)).toThrow(
      /predicts the classes down, up, but the labels are the classes down, flat, up/,
    );
  });
});
