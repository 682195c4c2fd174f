/** The rules of the risk guard, each with its boundary on both sides. */
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../../core/config.ts';
import { createBox, createDiscrete } from '../../../envs/spaces.ts';
import type { Proposal } from '../../../live/session/live-market.ts';
import {
  actionDefect,
  type Moment,
  type RiskConfig,
  RiskGuard,
  riskConfig,
} from '../../../live/session/risk-guard.ts';

const HOUR_MS = 3_600_000;
const START_MS = 1_700_000_000_000;

const create = (config: Partial<RiskConfig> = {}): RiskGuard =>
  new RiskGuard(resolveConfig(riskConfig, config, 'the risk guard'));

/** A moment without a fault: good books, a fresh model, in time. */
const moment = (equity = 1000, change: Partial<Moment> = {}): Moment => ({
  timeMs: START_MS,
  account: { equity, initialEquity: 1000, exposure: 0, numFills: 0, numOrders: 0 },
  booksAreGood: true,
  modelCreatedMs: START_MS,
  lagMs: 0,
  ...change,
});

/** An order that keeps all limits. */
const order = (change: Partial<Proposal> = {}): Proposal => ({
  exposure: 0.5,
  notional: 100,
  increasesRisk: true,
  edgeBps: Number.NaN,
  ...change,
});

const verdictOf = ({ verdict, reason }: { verdict: string; reason?: string }): string =>
  reason === undefined ? verdict : `${verdict}: ${reason}`;

describe('a limit', () => {
  test('that is not set is the one that the settings promise', () => {
    expect(create().config).toEqual({
      maxExposure: 1,
      maxNotional: 1e9,
      maxOrdersPerMinute: 60,
      maxDrawdown: 0.2,
      maxEdgeBps: 500,
      maxModelAgeHours: 720,
      maxLoopLagMs: 1000,
      maxInvalidActions: 3,
      onBadBook: 'hold',
    });
  });

  // The least that may be set, the most where there is such, and what is refused.
  test.each<[name: keyof RiskConfig, allowed: unknown[], refused: unknown[]]>([
    ['maxExposure', [1e-9, 100], [0, -1, Number.NaN, Infinity]],
    ['maxNotional', [1e-9], [0, -1]],
    ['maxOrdersPerMinute', [1], [0, 1.5]],
    ['maxDrawdown', [1e-9, 1], [0, 1.001]],
    ['maxEdgeBps', [1e-9], [0]],
    ['maxModelAgeHours', [1e-9], [0]],
    ['maxLoopLagMs', [1e-9], [0]],
    ['maxInvalidActions', [1], [0, 1.5]],
    ['onBadBook', ['hold', 'flatten'], ['pass', true]],
  ])('%s', (name, allowed, refused) => {
    for (const value of allowed) expect(create({ [name]: value }).config[name]).toBe(value);
    for (const value of refused) expect(() => create({ [name]: value })).toThrow(name);
  });
});

describe('before a decision', () => {
  test.each<[rule: string, config: Partial<RiskConfig>, given: Moment, verdict: string]>([
    ['nothing is wrong', {}, moment(), 'pass'],
    ['a book is bad', {}, moment(1000, { booksAreGood: false }), 'hold: bad-book'],
    [
      'a book is bad, and the session is to close then',
      { onBadBook: 'flatten' },
      moment(1000, { booksAreGood: false }),
      'flatten: bad-book',
    ],
    ['as late as may be', { maxLoopLagMs: 40 }, moment(1000, { lagMs: 40 }), 'pass'],
    ['later', { maxLoopLagMs: 40 }, moment(1000, { lagMs: 40.1 }), 'hold: late'],
  ])('%s', (_, config, given, verdict) => {
    expect(verdictOf(create(config).before(given))).toBe(verdict);
  });

  test('a bad book goes before a halt, and a halt before lateness', () => {
    const guard = create({ maxLoopLagMs: 40 });
    guard.halt('by hand');
    expect(verdictOf(guard.before(moment(1000, { booksAreGood: false, lagMs: 99 })))).toBe('hold: bad-book');
    expect(verdictOf(guard.before(moment(1000, { lagMs: 99 })))).toBe('flatten: halted');
  });
});

describe('drawdown', () => {
  // Equities one after another, and the verdict on the last.
  test.each<[rule: string, equities: number[], state: string]>([
    ['at the limit, from the start', [1000, 750], 'active'],
    ['beyond the limit', [1000, 749.9], 'halted'],
    ['counts from the highest equity, not from the first: at the limit', [1000, 2000, 1500], 'active'],
    ['counts from the highest equity, not from the first: beyond', [1000, 2000, 1499.9], 'halted'],
    ['counts from the highest, not from the last', [1000, 2000, 1700, 1499.9], 'halted'],
    ['is none while equity rises', [1000, 1001, 5000], 'active'],
  ])('%s', (_, equities, state) => {
    const guard = create({ maxDrawdown: 0.25 });
    for (const equity of equities) guard.before(moment(equity));
    expect(guard.state).toBe(state);
  });

  test('that halted is not forgotten when equity comes back, and its reason says how deep it was', () => {
    const guard = create({ maxDrawdown: 0.2 });
    for (const equity of [1000, 750, 1000]) guard.before(moment(equity));
    expect(verdictOf(guard.before(moment(1100)))).toBe('flatten: halted');
    expect(guard.haltReason).toBe('drawdown of 25.0 %');
    guard.halt('by hand');
    expect(guard.haltReason).toBe('drawdown of 25.0 %');
  });
});

describe("a model's age", () => {
  const aged = (hours: number) => moment(1000, { modelCreatedMs: START_MS - hours * HOUR_MS });

  test.each<[rule: string, hours: number, change: Partial<Proposal>, state: string, verdict: string]>([
    ['at the limit', 24, {}, 'active', 'pass'],
    ['beyond: risk may not rise', 24.000001, {}, 'reducing', 'hold: model-age'],
    ['beyond: risk may fall', 24.000001, { increasesRisk: false }, 'reducing', 'pass'],
    ['that nobody knows', Number.NaN, {}, 'active', 'pass'],
  ])('%s', (_, hours, change, state, verdict) => {
    const guard = create({ maxModelAgeHours: 24 });
    expect(verdictOf(guard.before(aged(hours)))).toBe('pass');
    expect(guard.state).toBe(state);
    expect(verdictOf(guard.judge(order(change), START_MS))).toBe(verdict);
  });

  test('is that of the model in use: a newer one may do all again', () => {
    const guard = create({ maxModelAgeHours: 24 });
    guard.before(aged(25));
    guard.before(aged(1));
    expect(verdictOf(guard.judge(order(), START_MS))).toBe('pass');
  });
});

describe('an order', () => {
  test.each<[rule: string, config: Partial<RiskConfig>, change: Partial<Proposal>, verdict: string]>([
    ['of the largest exposure', { maxExposure: 0.8 }, { exposure: 0.8 }, 'pass'],
    ['of the largest short exposure', { maxExposure: 0.8 }, { exposure: -0.8 }, 'pass'],
    ['of more', { maxExposure: 0.8 }, { exposure: 0.81 }, 'hold: max-exposure'],
    ['of more, short', { maxExposure: 0.8 }, { exposure: -0.81 }, 'hold: max-exposure'],
    [
      'of more, though less than before',
      { maxExposure: 0.8 },
      { exposure: 0.9, increasesRisk: false },
      'pass',
    ],
    ['of the largest value', { maxNotional: 500 }, { notional: 500 }, 'pass'],
    ['of a larger one', { maxNotional: 500 }, { notional: 501 }, 'hold: max-notional'],
    [
      'of a larger one, though risk falls',
      { maxNotional: 500 },
      { notional: 501, increasesRisk: false },
      'hold: max-notional',
    ],
    ['for the largest edge', { maxEdgeBps: 50 }, { edgeBps: 50 }, 'pass'],
    ['for an edge too good to be true', { maxEdgeBps: 50 }, { edgeBps: 51 }, 'hold: abnormal-edge'],
    ['for no such thing as an edge', { maxEdgeBps: 50 }, { edgeBps: Number.NaN }, 'pass'],
    ['that is none breaks no limit', { maxExposure: 0.8 }, { exposure: 9, notional: 0 }, 'pass'],
  ])('%s', (_, config, change, verdict) => {
    expect(verdictOf(create(config).judge(order(change), START_MS))).toBe(verdict);
  });

  test.each<[rule: string, timesMs: number[], verdicts: string[]]>([
    ['as many as a minute may have', [0, 0, 10_000], ['pass', 'pass', 'pass']],
    ['one more within it', [0, 1000, 2000, 31_000], ['pass', 'pass', 'pass', 'hold: order-rate']],
    [
      'one more, a moment before the minute is over',
      [0, 1000, 2000, 59_999],
      ['pass', 'pass', 'pass', 'hold: order-rate'],
    ],
    ['one more, when the first is a minute old', [0, 1000, 2000, 60_000], ['pass', 'pass', 'pass', 'pass']],
    [
      'a refused one does not count',
      [0, 1, 2, 3, 60_000, 60_000],
      ['pass', 'pass', 'pass', 'hold: order-rate', 'pass', 'hold: order-rate'],
    ],
  ])('of three a minute: %s', (_, timesMs, verdicts) => {
    const guard = create({ maxOrdersPerMinute: 3 });
    expect(timesMs.map((timeMs) => verdictOf(guard.judge(order(), START_MS + timeMs)))).toEqual(verdicts);
  });

  test('that is none, or is refused for something else, takes no place in the minute', () => {
    const guard = create({ maxOrdersPerMinute: 1, maxExposure: 0.8 });
    guard.judge(order({ notional: 0 }), START_MS);
    guard.judge(order({ exposure: 2 }), START_MS);
    expect(verdictOf(guard.judge(order(), START_MS))).toBe('pass');
    expect(verdictOf(guard.judge(order(), START_MS))).toBe('hold: order-rate');
  });
});

describe('invalid actions', () => {
  // `x`: invalid, `v`: valid, `0`: valid and no order.
  test.each<[rule: string, actions: string, isHalted: boolean]>([
    ['one fewer than the limit', 'xx', false],
    ['as many as the limit', 'xxx', true],
    ['a valid one between them begins the count anew', 'xxvxx', false],
    ['one that sends no order does so too', 'xx0xx', false],
    ['again as many after it', 'xxvxxx', true],
  ])('%s', (_, actions, isHalted) => {
    const guard = create({ maxInvalidActions: 3 });
    for (const action of actions) {
      if (action === 'x') expect(verdictOf(guard.refuseInvalid('NaN'))).toBe('hold: invalid-action');
      else guard.judge(order({ notional: action === '0' ? 0 : 100 }), START_MS);
    }
    expect(guard.state).toBe(isHalted ? 'halted' : 'active');
    expect(guard.haltReason).toBe(isHalted ? '3 invalid actions in a row, the last: NaN' : undefined);
  });
});

test('a guard that has seen nothing is saved as such', () => {
  expect(create().save()).toEqual({
    arrays: { orderTimes: new Float64Array(0) },
    values: { numOrders: 0, peakEquity: 0, numInvalid: 0, haltReason: null, isReducing: false },
  });
});

test('a guard that is saved goes on with all its counts', () => {
  const config = { maxOrdersPerMinute: 3, maxDrawdown: 0.2, maxInvalidActions: 3, maxModelAgeHours: 24 };
  const guard = create(config);
  guard.before(moment(2000, { modelCreatedMs: START_MS - 25 * HOUR_MS }));
  for (const timeMs of [-90_000, -40_000, -30_000, -20_000]) {
    guard.judge(order({ increasesRisk: false }), START_MS + timeMs);
  }
  guard.refuseInvalid('NaN');
  guard.refuseInvalid('NaN');

  const restored = create(config);
  restored.load(guard.save());
  expect(restored.save()).toEqual(guard.save());
  // The order of more than a minute ago counts no more.
  expect([...guard.save().arrays.orderTimes]).toEqual([-40_000, -30_000, -20_000].map((ms) => START_MS + ms));
  expect(restored.state).toBe('reducing');
  expect(verdictOf(restored.judge(order({ increasesRisk: false }), START_MS + 19_999))).toBe(
    'hold: order-rate',
  );
  expect(verdictOf(restored.judge(order({ increasesRisk: false }), START_MS + 20_000))).toBe('pass');
  expect(verdictOf(restored.judge(order({ increasesRisk: false }), START_MS + 29_999))).toBe(
    'hold: order-rate',
  );
  restored.load(guard.save());
  restored.refuseInvalid('NaN');
  expect(restored.haltReason).toMatch(/^3 invalid/);
  restored.load(guard.save());
  expect(restored.haltReason).toBeUndefined();
  restored.before(moment(1599));
  expect(restored.state).toBe('halted');
});

test.each<[rule: string, timesMs: number[], kept: number[]]>([
  ['an only one', [0], [0]],
  ['two within the same minute', [0, 59_999], [0, 59_999]],
  ['of two that are a minute apart, the last', [0, 60_000], [60_000]],
  ['no more than a minute may have', [0, 2, 60_000, 60_001], [2, 60_000, 60_001]],
])('of the orders in a minute of three, a saved guard keeps %s', (_, timesMs, kept) => {
  const guard = create({ maxOrdersPerMinute: 3 });
  for (const timeMs of timesMs) expect(verdictOf(guard.judge(order(), START_MS + timeMs))).toBe('pass');
  expect([...guard.save().arrays.orderTimes].map((timeMs) => timeMs - START_MS)).toEqual(kept);
});

test('orders that still count keep their place in the minute when a guard goes on', () => {
  const config = { maxOrdersPerMinute: 4 };
  const guard = create(config);
  for (const timeMs of [-90_000, -40_000, -30_000, -20_000]) guard.judge(order(), START_MS + timeMs);
  const restored = create(config);
  restored.load(guard.save());
  const verdicts = [0, 1, 20_000, 20_001].map((ms) => verdictOf(restored.judge(order(), START_MS + ms)));
  expect(verdicts).toEqual(['pass', 'hold: order-rate', 'pass', 'hold: order-rate']);
});

describe('what is no action', () => {
  const discrete = createDiscrete(3);
  const box = createBox([2], -1, 1);
  test.each([
    ['the first choice', 0, discrete, undefined, undefined],
    ['the last choice', 2, discrete, undefined, undefined],
    ['a choice beyond the last', 3, discrete, undefined, '3 is none of 3 choices'],
    ['a choice before the first', -1, discrete, undefined, '-1 is none of 3 choices'],
    ['a fraction of one', 0.5, discrete, undefined, '0.5 is none of 3 choices'],
    [
      'numbers where a choice is asked for',
      Float32Array.of(1),
      discrete,
      undefined,
      '1 is none of 3 choices',
    ],
    ['a choice that is allowed now', 1, discrete, Uint8Array.of(0, 1, 0), undefined],
    ['a choice that is not', 0, discrete, Uint8Array.of(0, 1, 0), 'choice 0 is not allowed now'],
    ['as many numbers as asked for', Float32Array.of(0.5, -2), box, undefined, undefined],
    ['too few', Float32Array.of(0.5), box, undefined, '0.5 is not of 2 numbers'],
    ['too many', Float32Array.of(1, 2, 3), box, undefined, '1,2,3 is not of 2 numbers'],
    ['a choice where numbers are asked for', 1, box, undefined, '1 is not of 2 numbers'],
    ['NaN among them', Float32Array.of(0, Number.NaN), box, undefined, 'number 1 is NaN'],
    [
      'an infinity, the first of them',
      Float32Array.of(-Infinity, 0),
      box,
      undefined,
      'number 0 is -Infinity',
    ],
  ])('%s', (_, action, space, mask, defect) => {
    expect(actionDefect(action, space, mask)).toBe(defect);
  });
});
