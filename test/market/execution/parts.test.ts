/** What is believed of a model of fees, slippage or latency, each bound from both sides; and those that are built in. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { builtInFees, createFee, defineFeeModel, makerTakerFee } from '../../../market/execution/fees.ts';
import {
  builtInLatencies,
  createLatency,
  defineLatencyModel,
  lognormalLatency,
} from '../../../market/execution/latency.ts';
import { builtInSlippages, createSlippage, defineSlippageModel } from '../../../market/execution/slippage.ts';

const own = { name: 'own', description: 'Says what the test says' };
const order = { size: 2, price: 100, volume: 1000, volatility: 0.02 };
const latencyContext = { medianMs: 40, sigma: 0, rng: createRng(1) };

describe('what a model of a user says', () => {
  test.each<[rate: number, isBelieved: boolean]>([
    [0, true],
    [0.999, true],
    [1, false],
    [-1e-9, false],
    [Number.NaN, false],
  ])('slippage of %d', (rate, isBelieved) => {
    const plugin = defineSlippageModel({ ...own, create: () => ({ slippageRate: () => rate }) });
    const model = createSlippage(plugin, { slippageRate: 0, impactCoefficient: 0 }, {});
    if (isBelieved) expect(model.slippageRate(order)).toBe(rate);
    else
      expect(() => model.slippageRate(order)).toThrow(
        `The slippage model "own" gave ${rate} for an order of 2; it must return a fraction of price in [0, 1).`,
      );
  });

  test.each<[rate: number, isBelieved: boolean]>([
    [0.499, true],
    [-0.499, true],
    [0.5, false],
    [-0.5, false],
    [Number.NaN, false],
  ])('a fee of %d', (rate, isBelieved) => {
    const plugin = defineFeeModel({ ...own, create: () => ({ feeRate: () => rate }) });
    const model = createFee(plugin, { feeRate: 0 }, {});
    if (isBelieved) expect(model.feeRate('taker')).toBe(rate);
    else expect(() => model.feeRate('taker')).toThrow(`The fee model "own" gave ${rate} for a taker`);
  });

  test.each<[ms: number, isBelieved: boolean]>([
    [0, true],
    [1e9, true],
    [-1e-9, false],
    [Infinity, false],
    [Number.NaN, false],
  ])('a latency of %d', (ms, isBelieved) => {
    const empty = { arrays: {}, values: {} };
    const create = () => ({ latencyMs: () => ms, save: () => empty, load() {} });
    const model = createLatency(defineLatencyModel({ ...own, create }), latencyContext, {});
    if (isBelieved) expect(model.latencyMs(0)).toBe(ms);
    else expect(() => model.latencyMs(0)).toThrow(`The latency model "own" gave ${ms}`);
  });
});

describe('a built-in', () => {
  const latency = (name: string, change: object, settings: Record<string, unknown> = {}) =>
    createLatency(builtInLatencies.get(name), { ...latencyContext, ...change }, settings).latencyMs(0);

  test('lognormal latency is the median where it does not spread, and spreads where it does', () => {
    expect(latency('lognormal', { sigma: 0 })).toBe(40);
    expect(latency('lognormal', { sigma: 0.5 })).not.toBe(40);
  });

  test('empirical latency needs one sample, and has one where none is given', () => {
    expect(latency('empirical', {}, { samplesMs: [7] })).toBe(7);
    expect(latency('empirical', {}, { samplesMs: [0] })).toBe(0);
    expect(latency('empirical', {})).toBe(250);
    for (const samplesMs of [[], [-1]]) expect(() => latency('empirical', {}, { samplesMs })).toThrow();
  });

  test('maker-taker fee has the rates of its settings', () => {
    const fee = (settings: Record<string, unknown>) => {
      const model = createFee(builtInFees.get('maker-taker'), { feeRate: 0.3 }, settings);
      return [model.feeRate('maker'), model.feeRate('taker')];
    };
    expect(fee({})).toEqual([0.0002, 0.0005]);
    expect(fee({ maker: -0.1, taker: 0 })).toEqual([-0.1, 0]);
    for (const refused of [{ maker: -0.11 }, { maker: 0.5 }, { taker: -0.01 }, { taker: 0.5 }])
      expect(() => fee(refused)).toThrow();
    expect(() => makerTakerFee({ maker: -0.1, taker: 0.499 })).not.toThrow();
  });

  test('slippage adds the impact of its kind to half of the spread', () => {
    const slippage = (name: string, change: object, settings: Record<string, unknown> = {}) =>
      createSlippage(
        builtInSlippages.get(name),
        { slippageRate: 0.001, impactCoefficient: 0.5 },
        settings,
      ).slippageRate({ ...order, ...change });
    expect(slippage('spread-and-impact', {})).toBeCloseTo(0.001 + 0.5 * 0.02 * Math.sqrt(2 / 1000), 15);
    expect(slippage('linear-impact', {}, { coefficient: 0.3 })).toBeCloseTo(0.001 + 0.3 * (2 / 1000), 15);
    expect(slippage('linear-impact', { size: -2 }, { coefficient: 0.3 })).toBeCloseTo(0.001 + 0.0006, 15);
    expect(slippage('linear-impact', { size: 1e9 }, { maxRate: 0.03 })).toBeCloseTo(0.031, 15);
    expect(slippage('linear-impact', { volume: 0 }, { maxRate: 0.03 })).toBeCloseTo(0.031, 15);
    expect(slippage('linear-impact', { volume: 0, size: 0 }, { maxRate: 0.03 })).toBe(0.001);
  });
});

describe('a burst of latency', () => {
  test('lasts its time, and after it another may begin', () => {
    const options = { medianMs: 50, sigma: 0, burstProbability: 1, burstFactor: 10, burstMs: 1000 };
    const model = lognormalLatency(options, createRng(1));
    expect([0, 999, 1000, 1999].map((nowMs) => model.latencyMs(nowMs))).toEqual([500, 500, 500, 500]);
    const never = lognormalLatency({ ...options, burstProbability: 0 }, createRng(1));
    expect(never.latencyMs(0)).toBe(50);
  });

  test('is remembered by what is saved', () => {
    const options = { medianMs: 50, sigma: 0, burstProbability: 0.5, burstFactor: 10, burstMs: 1000 };
    const model = lognormalLatency(options, createRng(1));
    let beginMs = 0;
    while (model.latencyMs(beginMs) === 50) beginMs += 10_000;
    const other = lognormalLatency(options, createRng(2));
    other.load(model.save());
    expect(other.latencyMs(beginMs + 999)).toBe(500);
  });
});
