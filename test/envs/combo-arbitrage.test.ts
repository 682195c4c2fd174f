import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { ComboEnv, type ComboEnvOptions, syntheticLegs } from '../../envs/combo-arbitrage.ts';
import {
  CARRY,
  COMBO_KINDS,
  type ComboKind,
  MAKER_TAKER,
  PERP_CARRY,
  PREMIUM,
  TRIANGULAR,
} from '../../envs/combos/kinds.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { createFundingSeries } from '../../market/instruments/funding-series.ts';
import type { LegTape } from '../../market/synthetic/leg-markets.ts';
import { testEnv } from '../../testing/suites.ts';
import { perturbBooksAfter } from '../../trainers/look-ahead/perturbation.ts';
import { traceEnv } from '../../trainers/look-ahead/trace.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2024, 0, 1);
const tapes = new Map<ComboKind, LegTape>();
const tapeOf = (kind: ComboKind): LegTape => {
  if (!tapes.has(kind)) tapes.set(kind, syntheticLegs(kind, { steps: 300 })(createRng(kind.name)));
  return tapes.get(kind)!;
};
const envOf = (
  kind: ComboKind,
  config: ComboEnvOptions['config'] = {},
  markets: ComboEnvOptions['markets'] = tapeOf(kind),
) =>
  new ComboEnv({
    kind,
    markets,
    seed: 3,
    config: { warmupEvents: 6, actions: 'trades', decisionMs: 0, transfers: true, ...config },
  });

for (const kind of COMBO_KINDS) {
  testEnv(
    kind.name,
    (seed) =>
      new ComboEnv({ kind, markets: tapeOf(kind), seed, config: { warmupEvents: 6, episodeEvents: 120 } }),
  );
}

/** Books of two markets whose prices are given, an hour apart, with room for anything. */
function booksOf(venues: BookTape['venues'], prices: number[][], spread = 0.0002): BookTape {
  const flat = prices.flat();
  const column = (of: (price: number) => number) => Float64Array.from(flat, of);
  return {
    venues,
    depth: 1,
    length: flat.length,
    timeMs: Float64Array.from(
      flat,
      (_, n) => START + Math.floor(n / venues.length) * HOUR + (n % venues.length),
    ),
    exchangeTimeMs: column(() => Number.NaN),
    venue: Uint8Array.from(flat, (_, n) => n % venues.length),
    bidPrices: column((price) => price * (1 - spread / 2)),
    bidSizes: column(() => 1e6),
    askPrices: column((price) => price * (1 + spread / 2)),
    askSizes: column(() => 1e6),
  };
}
const PAIR = ['spot', 'perp'].map((name) => ({ name, base: 'BTC', quote: 'USDT' }));
const rates = (rate: number, hours = 40) =>
  createFundingSeries(
    {
      timeMs: Array.from({ length: hours / 8 + 1 }, (_, n) => START + n * 8 * HOUR),
      rate: Array.from({ length: hours / 8 + 1 }, () => rate),
    },
    { leadMs: 8 * HOUR },
  );
const carryOn = (prices: number[][], rate = 0.001, config: ComboEnvOptions['config'] = {}) =>
  envOf(
    CARRY,
    { warmupEvents: 2, latencyMs: 0, takerFeeRate: 0, sizes: [0.4], episodeStart: 'sequential', ...config },
    { books: booksOf(PAIR, prices), funding: [undefined, rates(rate)] },
  );
const action = (env: ComboEnv, name: string): number => {
  const index = env.actionSpace.names!.indexOf(name);
  expect(index).toBeGreaterThanOrEqual(0);
  return index;
};

describe('value is conserved', () => {
  const subjects = COMBO_KINDS.flatMap((kind) =>
    kind === CARRY || kind === PERP_CARRY
      ? [[kind.name, kind, 'trades'] as const, [`${kind.name} by targets`, kind, 'targets'] as const]
      : [[kind.name, kind, 'trades'] as const],
  );
  test.each(subjects)('over exchanges, currencies, margin, funding and transfers: %s', (_, kind, actions) => {
    const env = envOf(kind, {
      actions,
      latencyMs: kind === TRIANGULAR || kind === MAKER_TAKER ? 700 : 90_000,
      transferDelayMs: 600_000,
      sizes: [0.05, 0.2],
      takerFeeRate: 0.0002,
    });
    const rng = createRng(7);
    env.reset();
    const { market } = env;
    const { pockets } = market.desk;
    let numActions = 0;
    for (let step = 0; step < 600; step++) {
      const mask = env.actionMask();
      const wanted = rng.integer(env.actionSpace.n);
      const chosen = rng.uniform() < 0.3 && mask[wanted] === 1 ? wanted : 0;
      if (chosen > 0) numActions++;
      const { terminated, truncated, info } = env.step(chosen);
      let change = 0;
      for (let k = 0; k < market.values.length; k++) {
        const flows = pockets.traded[k] - pockets.fees[k] + pockets.funding[k] + pockets.covered[k];
        const scale = Math.max(1, Math.abs(market.before[k]));
        expect(Math.abs(pockets.total(k) - market.before[k] - flows) / scale).toBeLessThan(1e-9);
        change += flows * market.values[k];
      }
      market.plan.markets.forEach((_, m) => {
        const { baseCurrency, quoteCurrency } = market.plan;
        const own = market.desk.mids[m] * market.values[quoteCurrency[m]];
        change += pockets.positions[m] * (own - market.values[baseCurrency[m]]);
      });
      expect(info.equity).toBeCloseTo(100_000 + change, 5);
      market.plan.pockets.forEach(({ isMargin }, p) => {
        expect(isMargin ? market.desk.worth(p) : pockets.amounts[p]).toBeGreaterThan(-1e-6);
      });
      if (terminated || truncated) env.reset();
    }
    expect(numActions).toBeGreaterThan(kind === TRIANGULAR ? 8 : 20);
  });
});

describe('carry', () => {
  const flat = Array.from({ length: 30 }, () => [100, 100]);

  test('earns the funding of what is held, and nothing of the price', () => {
    const prices = flat.map((_, n) => [100 + n, 100 + n]);
    const env = carryOn(prices, 0.001, { transfers: false });
    env.reset();
    env.step(action(env, 'trade:carry:forwards:0'));
    const held = -env.market.desk.pockets.positions[1];
    expect(held).toBeCloseTo(40_000 / 100, 6);
    let last = env.step(0);
    for (let n = 0; n < 20; n++) last = env.step(0);
    // Fundings at 08:00 and 16:00, at the marks of the last books before them.
    expect(last.info.funding).toBeCloseTo(held * (107 + 115) * 0.001, 6);
    expect(last.info.equity).toBeCloseTo(100_000 + last.info.funding - 40_000 * 0.0002, 6);
  });

  test('backwards closes what forwards opened, and cannot open what is not there', () => {
    const env = carryOn(flat);
    env.reset();
    const back = action(env, 'trade:carry:backwards:0');
    expect(env.actionMask()[back]).toBe(0);
    env.step(action(env, 'trade:carry:forwards:0'));
    expect(env.actionMask()[back]).toBe(1);
    env.step(back);
    expect(env.market.held(0)).toBeCloseTo(0, 6);
    expect(env.step(0).info.equity).toBeCloseTo(100_000 - 80_000 * 0.0002, 3);
  });

  test('is liquidated when collateral is not brought to a short that loses, and is saved when it is', () => {
    const rising = flat.map((_, n) => [100 + 12 * n, 100 + 12 * n]);
    const held = carryOn(rising, 0, { sizes: [0.45] });
    held.reset();
    held.step(action(held, 'trade:carry:forwards:0'));
    let last = held.step(0);
    for (let n = 0; n < 20; n++) last = held.step(0);
    expect(last.info.liquidations).toBe(1);
    const saved = carryOn(rising.slice(0, 12), 0, { sizes: [0.45], transferShare: 1 });
    saved.reset();
    saved.step(action(saved, 'trade:carry:forwards:0'));
    for (let n = 0; n < 8; n++) last = saved.step(action(saved, 'move:USDT:alpha>alpha-margin'));
    expect(last.info.liquidations).toBe(0);
  });

  test('a target is reached in one trade, collateral brought along, and left alone within its band', () => {
    const prices = flat.map((_, n) => [100 + n, 100 + n]);
    const env = carryOn(prices, 0.001, { actions: 'targets', targets: [0, 0.8], transfers: false });
    env.reset();
    const { desk, plan } = env.market;
    const [spot, margin] = [plan.quotePocket[0], plan.quotePocket[1]];
    env.step(action(env, 'target:carry:0.8'));
    expect(desk.pockets.positions[1] * 100).toBeCloseTo(-80_000, -2);
    expect(desk.worth(margin)).toBeGreaterThan(15_000);
    expect(desk.free(spot)).toBeLessThan(5000);
    const traded = (name: string): number => env.step(action(env, name)).info.traded;
    expect(traded('target:carry:0.8')).toBe(1);
    // A price 8 % higher is above the band of 5 % of the equity: the rest is given back, and pays for collateral.
    for (let n = 0; n < 6; n++) env.step(0);
    expect(traded('target:carry:0.8')).toBe(2);
    expect(traded('target:carry:0')).toBe(3);
    expect(env.market.held(0)).toBeCloseTo(0, 3);
    expect(traded('target:carry:0')).toBe(3);
  });

  test('with targets, what one leg did and the other did not is traded back on the next books', () => {
    // The contract falls below the limit while its order travels.
    const prices = flat.map((_, n) => [100, n >= 1 ? 95 : 100]);
    const timing = { decisionMs: HOUR - 5000, latencyMs: 10_000 };
    const open = (actions: 'trades' | 'targets', name: string): number => {
      const env = carryOn(prices, 0, { actions, targets: [0, 0.4], ...timing });
      env.reset();
      env.step(0);
      env.step(action(env, name));
      for (let n = 0; n < 6; n++) env.step(0);
      expect(env.step(0).info.legFailures).toBe(1);
      return env.market.exposure(1);
    };
    const bought = open('trades', 'trade:carry:forwards:0');
    expect(Math.abs(bought)).toBeGreaterThan(100);
    expect(open('targets', 'target:carry:0.4')).toBe(0);
  });

  test('auto-deleveraging closes half of a short that has gained, at the mark and without a fee, and no other', () => {
    const moved = (last: number, moveRate: number, extra: ComboEnvOptions['config'] = {}) => {
      const prices = flat.map((_, n) => (n < 4 ? [100, 100] : [last, last]));
      const config = {
        deleverageMoveRate: moveRate,
        deleverageWindowMs: 3 * HOUR,
        transfers: false,
        ...extra,
      };
      const env = carryOn(prices, 0, config);
      env.reset();
      env.step(action(env, extra.actions === 'targets' ? 'target:carry:0.4' : 'trade:carry:forwards:0'));
      const before = env.market.desk.pockets.positions[1];
      let last1 = env.step(0);
      for (let n = 0; n < 6; n++) last1 = env.step(0);
      return { env, kept: env.market.desk.pockets.positions[1] / before, info: last1.info };
    };
    expect(moved(88, 0.1).kept).toBe(0.5);
    expect([moved(88, 0).kept, moved(92, 0.1).kept, moved(112, 0.1).kept]).toEqual([1, 1, 1]);
    const { env, info } = moved(88, 0.1);
    expect(info.liquidations).toBe(1);
    expect(env.market.exposure(1)).toBeCloseTo(200, 6);
    expect(info.equity).toBeCloseTo(100_000 - 8, 6);
    // With targets the leg that is left is sold on the next books.
    expect(moved(88, 0.1, { actions: 'targets', targets: [0, 0.4] }).env.market.exposure(1)).toBe(0);
  });

  test('a planted persistent funding is there to be captured, one of zero mean is not', () => {
    const gain = (rate: number) => {
      const env = carryOn(flat, rate, { takerFeeRate: 0.0004 });
      env.reset();
      env.step(action(env, 'trade:carry:forwards:0'));
      let last = env.step(0);
      for (let n = 0; n < 24; n++) last = env.step(0);
      return last.info.profitBps;
    };
    expect(gain(0.002)).toBeGreaterThan(10);
    expect(gain(0)).toBeLessThan(0);
  });
});

describe('region premium', () => {
  const VENUES = [
    { name: 'global', base: 'BTC', quote: 'USDT' },
    { name: 'korea', base: 'BTC', quote: 'KRW' },
    { name: 'fx', base: 'USDT', quote: 'KRW' },
  ];
  const books = (premium: number) =>
    booksOf(
      VENUES,
      Array.from({ length: 20 }, () => [100, 140_000 * (1 + premium), 1400]),
    );
  const premiumOn = (premium: number, config: ComboEnvOptions['config'] = {}) =>
    envOf(
      PREMIUM,
      {
        warmupEvents: 3,
        latencyMs: 0,
        takerFeeRate: 0.0005,
        sizes: [0.1],
        episodeStart: 'sequential',
        ...config,
      },
      { books: books(premium), funding: [undefined, undefined, undefined] },
    );

  test('is earned after a priced leg of currency: both spreads, three fees', () => {
    const env = premiumOn(0.01);
    env.reset();
    env.step(action(env, 'trade:premium:forwards:0'));
    const { info } = env.step(0);
    const sold = 10_000 * 1.01;
    const costs =
      0.0001 * (10_000 + sold + 10_000) + 0.0005 * (10_000 * 1.0001 + sold * 0.9999 + 10_000 * 1.0001);
    expect(info.equity).toBeCloseTo(100_000 + 100 - costs, 4);
    expect(env.market.held(0)).toBeCloseTo(10_000, 6);
  });

  test('does not leave the country where it may not, and takes its time where it may', () => {
    const env = premiumOn(0, { suspended: ['korea:BTC'], transferDelayMs: 3 * HOUR });
    env.reset();
    const mask = env.actionMask();
    expect(mask[action(env, 'move:BTC:korea>global')]).toBe(0);
    expect(mask[action(env, 'move:USDT:korea>global')]).toBe(1);
    expect(env.actionSpace.names!.some((name) => name.startsWith('move:KRW'))).toBe(false);
    const { pockets } = env.market.desk;
    env.step(action(env, 'move:USDT:korea>global'));
    env.step(0);
    const underWay = pockets.underWay[0];
    expect(underWay).toBeCloseTo(7500, 6);
    env.step(0);
    env.step(0);
    expect(pockets.underWay[0]).toBe(0);
    expect(pockets.fees[0]).toBe(1);
  });
});

test('a triangle is traded as a circle, and what is left of it is flattened', () => {
  const venues = [
    { name: 'btc-usdt', base: 'BTC', quote: 'USDT' },
    { name: 'eth-btc', base: 'ETH', quote: 'BTC' },
    { name: 'eth-usdt', base: 'ETH', quote: 'USDT' },
  ];
  const env = envOf(
    TRIANGULAR,
    { warmupEvents: 3, latencyMs: 0, takerFeeRate: 0, sizes: [0.2], episodeStart: 'sequential' },
    {
      books: booksOf(
        venues,
        Array.from({ length: 10 }, () => [50_000, 0.059, 3000]),
      ),
      funding: [undefined, undefined, undefined],
    },
  );
  env.reset();
  // 1 ETH costs 0.059 BTC = 2950 USDT, and is sold for 3000.
  const { info } = env.step(action(env, 'trade:circle:forwards:0'));
  expect(info.profitBps).toBeCloseTo(((20_000 / 3000) * (3000 - 2950) - 3 * 20_000 * 0.0001) / 10, 0);
  expect(env.actionMask()[action(env, 'flatten')]).toBe(1);
  env.step(action(env, 'flatten'));
  env.step(0);
  expect(env.market.exposure(1)).toBe(0);
});

describe('no look-ahead', () => {
  test.each(COMBO_KINDS.map((kind) => [kind.name, kind] as const))(
    '%s knows neither later books nor later rates',
    (_, kind) => {
      const { books, funding } = tapeOf(kind);
      const cut = 240;
      const trace = (after: BookTape, later: LegTape['funding']) =>
        traceEnv(
          new ComboEnv({
            kind,
            markets: { books: after, funding: later },
            config: {
              warmupEvents: 6,
              decisionMs: 0,
              episodeStart: 'sequential',
              latencyMs: kind === MAKER_TAKER ? 700 : 40_000,
              latencySigma: 0.5,
              takerFeeRate: 0,
            },
          }),
          { steps: 140, seed: 5 },
        );
      // Rates that are not published by then may be anything.
      const later = funding.map((series) =>
        series === undefined
          ? undefined
          : {
              ...series,
              rate: series.rate.map((rate, n) =>
                series.publishedMs[n] > books.timeMs[cut] ? -rate - 0.001 : rate,
              ),
            },
      );
      const known = (entries: ReturnType<typeof trace>) => entries.filter(({ time }) => time <= cut);
      const original = trace(books, funding);
      const perturbed = trace(perturbBooksAfter(books, cut), later);
      expect(known(original).length).toBeGreaterThan(30);
      expect(known(perturbed)).toEqual(known(original));
      expect(perturbed).not.toEqual(original);
    },
  );
});

describe('what does not fit is refused in a line', () => {
  const books = (venues: BookTape['venues']) => ({
    books: booksOf(
      venues,
      Array.from({ length: 10 }, () => venues.map(() => 100)),
    ),
    funding: venues.map(() => undefined),
  });
  test.each<[string, () => unknown, RegExp]>([
    [
      'a perpetual without rates',
      () => envOf(CARRY, {}, books(PAIR)),
      /market 1 is a perpetual and has no funding rates; give --funding FILE/,
    ],
    [
      'another number of markets',
      () => envOf(CARRY, {}, books([PAIR[0]])),
      /trades 2 markets .* the tape has 1: spot/,
    ],
    [
      'quote currencies without a market between them',
      () => envOf(CARRY, { funding: 'none' }, books([PAIR[0], { ...PAIR[1], quote: 'KRW' }])),
      /leave USDT open .* need a market between them/,
    ],
    [
      'leverage above the tier',
      () => envOf(CARRY, { instruments: [{}, { leverage: 150 }] }),
      /leverage 150 is above the 125/,
    ],
    [
      'a margin mode that the venue lacks',
      () => envOf(CARRY, { instruments: [{}, { marginMode: 'isolated', marginModes: ['cross'] }] }),
      /has no isolated margin/,
    ],
    [
      'an instrument that is another than the tape’s',
      () => envOf(CARRY, { instruments: [{ base: 'ETH' }, {}] }),
      /is base BTC, but env.instruments says ETH/,
    ],
    [
      'too few instruments',
      () => envOf(CARRY, { instruments: [{}] }),
      /one entry for each of the 2 markets, got 1/,
    ],
    ['a value that nothing connects', () => envOf(CARRY, { valueIn: 'EUR' }), /has no rate into EUR/],
    [
      'a leg that never shows both sides',
      () => {
        const tape = books(PAIR);
        tape.books.bidPrices.forEach((_, n) => {
          if (n % 2 === 1) tape.books.bidPrices[n] = 0;
        });
        return envOf(CARRY, { funding: 'none' }, tape);
      },
      /perp never shows both sides/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });

  test('a leg of currency that is stale is a hold: nothing can be traded with it', () => {
    const { books: tape, funding } = tapeOf(PREMIUM);
    const stale = { ...tape, venue: tape.venue.slice() };
    const env = envOf(PREMIUM, { staleMs: 1, takerFeeRate: 0 }, { books: stale, funding });
    env.reset();
    const names = env.actionSpace.names!;
    const mask = env.actionMask();
    expect(names.filter((name, a) => name.startsWith('trade:') && mask[a] === 1)).toEqual([]);
    const { info } = env.step(names.indexOf('trade:premium:forwards:0'));
    expect([info.refused, info.traded]).toEqual([1, 0]);
  });
});
