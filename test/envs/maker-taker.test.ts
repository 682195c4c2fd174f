import { describe, expect, test } from 'vitest';
import { hedgedMaker } from '../../agents/rules/hedged-maker.ts';
import { resolveConfig } from '../../core/config.ts';
import { createRng } from '../../core/rng.ts';
import { mean } from '../../core/statistics.ts';
import { ComboEnv, type ComboEnvOptions, comboEnvs, syntheticLegs } from '../../envs/combo-arbitrage.ts';
import { comboConfigOf } from '../../envs/combos/config.ts';
import { MAKER_TAKER } from '../../envs/combos/kinds.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { createTradeTape, type TradeTape } from '../../market/books/trade-tape.ts';
import type { LegTape } from '../../market/synthetic/leg-markets.ts';
import { comboBoundBps } from '../../trainers/arbitrage/combos/bound.ts';
import { playEpisode } from '../../trainers/episode.ts';
import { perturbBooksAfter } from '../../trainers/look-ahead/perturbation.ts';
import { traceEnv } from '../../trainers/look-ahead/trace.ts';

const START = Date.UTC(2024, 0, 1);
const VENUES = ['wide', 'tight'].map((name) => ({ name, base: 'BTC', quote: 'USDT' }));

/** A second a book: the wide market's best bid and ask, then the tight one at 100. */
function booksOf(wide: readonly (readonly [bid: number, ask: number, bidSize?: number])[]): BookTape {
  const rows = wide.flatMap((levels) => [levels, [99.99, 100.01] as const]);
  const size = (level: readonly (number | undefined)[]) => level[2] ?? 500;
  return {
    venues: VENUES,
    depth: 1,
    length: rows.length,
    timeMs: Float64Array.from(rows, (_, n) => START + Math.floor(n / 2) * 1000 + (n % 2)),
    exchangeTimeMs: Float64Array.from(rows, () => Number.NaN),
    venue: Uint8Array.from(rows, (_, n) => n % 2),
    bidPrices: Float64Array.from(rows, ([bid]) => bid),
    bidSizes: Float64Array.from(rows, size),
    askPrices: Float64Array.from(rows, ([, ask]) => ask),
    askSizes: Float64Array.from(rows, () => 500),
  };
}

function tradesOf(
  ...rows: (readonly [secs: number, price: number, size: number, side: 1 | -1 | 0])[]
): TradeTape {
  return createTradeTape(VENUES, {
    timeMs: rows.map(([secs]) => START + secs * 1000),
    exchangeTimeMs: rows.map(() => Number.NaN),
    venue: rows.map(() => 0),
    prices: rows.map(([, price]) => price),
    sizes: rows.map(([, , size]) => size),
    sides: rows.map(([, , , side]) => side),
  });
}

const envOn = (
  books: BookTape,
  trades: TradeTape | undefined,
  config: ComboEnvOptions['config'] = {},
): ComboEnv =>
  new ComboEnv({
    kind: MAKER_TAKER,
    markets: { books, trades, funding: [] },
    config: {
      warmupEvents: 2,
      latencyMs: 0,
      takerFeeRate: 0,
      makerFeeRate: 0,
      sizes: [0.1],
      quoteEdgesBps: [49],
      episodeStart: 'sequential',
      ...config,
    },
  });
const flat = Array.from({ length: 12 }, () => [99.5, 100.5] as const);
const choose = (env: ComboEnv, name: string): number => env.actionSpace.names!.indexOf(name);
/** Quotes a bid whose fill, sold at 99.99, earns 49 bp: at 99.5024; then waits. */
function bidAndWait(env: ComboEnv, steps = 9): ComboEnv {
  env.reset();
  env.step(choose(env, 'quote:49:off'));
  for (let n = 0; n < steps; n++) env.step(0);
  return env;
}
const BID = 99.99 / 1.0049;

describe('a resting order', () => {
  test('is met by a trade beyond its price, at its own price, and hedged at the other market at once', () => {
    const env = bidAndWait(envOn(booksOf(flat), tradesOf([3.5, 99.5, 40, -1])));
    const { quotes, desk } = env.market;
    expect([...quotes!.counts.slice(0, 2)]).toEqual([1, 40]);
    expect(desk.pockets.total(1)).toBeCloseTo(env.market.before[1], 9);
    // Bought at the quote, sold at the bid of the tight market.
    expect(env.step(0).info.equity).toBeCloseTo(100_000 + 40 * (99.99 - BID), 6);
  });

  test('waits for those who stood before it, and takes what is left of a trade', () => {
    // The quote joins the best bid, of which 500 stand before it.
    const join = flat.map(() => [BID, 100.5] as const);
    const served = (...sizes: number[]): number => {
      const trades = tradesOf(...sizes.map((size, n) => [2.5 + n, BID, size, -1] as const));
      const { quotes } = bidAndWait(envOn(booksOf(join), trades)).market;
      return quotes!.counts[1];
    };
    expect(served(500)).toBe(0);
    expect(served(300, 200)).toBe(0);
    expect(served(300, 230)).toBe(30);
    expect(served(530)).toBe(30);
  });

  test('stands behind no more than the venue shows at its price', () => {
    const shrinks = flat.map((_, n) => [BID, 100.5, n < 3 ? 500 : 120] as const);
    const { quotes } = bidAndWait(envOn(booksOf(shrinks), tradesOf([5.5, BID, 150, -1]))).market;
    expect(quotes!.counts[1]).toBe(30);
  });

  test.each([
    ['a trade of buyers', [3.5, 99.5, 40, 1]],
    ['a trade of an unknown side at its very price', [3.5, BID, 700, 0]],
    ['a trade above it', [3.5, 99.6, 40, -1]],
  ] as const)('is not met by %s', (_, trade) => {
    const { quotes } = bidAndWait(envOn(booksOf(flat), tradesOf(trade))).market;
    expect(quotes!.counts[0]).toBe(0);
  });

  test('is met by a book that crosses it, where no trades are known, and only once by the same offer', () => {
    const crosses = flat.map((pair, n) => (n === 4 || n === 5 ? ([98, 99, 500] as const) : pair));
    const env = bidAndWait(envOn(booksOf(crosses), undefined, { sizes: [0.2] }));
    const size = 20_000 / 100;
    expect(env.market.quotes!.counts[1]).toBeCloseTo(size, 6);
  });

  test('that would trade on arrival joins the best price of its side', () => {
    const env = envOn(booksOf(flat.map(() => [99.3, 99.4] as const)), undefined);
    env.reset();
    env.step(choose(env, 'quote:49:off'));
    expect(env.market.quotes!.price(1)).toBe(99.3);
  });
});

describe('cancelling and amending take time', () => {
  /** Asked for at once and withdrawn a second later, with one trade at a second of its own. */
  const filled = (latencyMs: number, secs: number): number => {
    const env = envOn(booksOf(flat), tradesOf([secs, 99.4, 40, -1]), { latencyMs });
    env.reset();
    env.step(choose(env, 'quote:49:off'));
    env.step(choose(env, 'quote:off:off'));
    for (let n = 0; n < 5; n++) env.step(0);
    return env.market.quotes!.counts[1];
  };

  test.each([
    ['not before it has arrived', 400, 0.4, 0],
    ['from its arrival on', 400, 0.45, 40],
    ['until its withdrawal has arrived', 400, 1.35, 40],
    ['not after it', 400, 1.45, 0],
  ])('an order fills %s', (_, latencyMs, secs, size) => {
    expect(filled(latencyMs, secs)).toBe(size);
  });

  test('an order that is moved and fills on the way is not bought twice: no balance falls below 0', () => {
    const tape = syntheticLegs(MAKER_TAKER, { steps: 800 })(createRng('amended'));
    const config = { sizes: [0.25], latencyMs: 900, takerFeeRate: 0, makerFeeRate: 0 };
    const env = new ComboEnv({ kind: MAKER_TAKER, markets: tape, config });
    env.reset();
    const names = env.actionSpace.names!;
    const { amounts } = env.market.desk.pockets;
    for (let n = 0; n < 700; n++) {
      const wanted = names.indexOf(n % 2 === 0 ? 'quote:1:1' : 'quote:3:3');
      env.step(env.actionMask()[wanted] === 1 ? wanted : 0);
      for (const amount of amounts) expect(amount).toBeGreaterThan(-1e-6);
    }
    expect(env.market.quotes!.counts[0]).toBeGreaterThan(50);
  });

  test('a side with a request under way takes no other', () => {
    const env = envOn(booksOf(flat), undefined, { latencyMs: 5000 });
    env.reset();
    env.step(choose(env, 'quote:49:off'));
    expect(env.actionMask()[choose(env, 'quote:49:off')]).toBe(0);
    expect(env.actionMask()[0]).toBe(1);
  });

  test('what an order may cost is not free for another, and is free again when it is withdrawn', () => {
    const env = envOn(booksOf(flat), undefined);
    env.reset();
    const { desk, plan } = env.market;
    const free = desk.free(plan.quotePocket[0]);
    env.step(choose(env, 'quote:49:off'));
    expect(free - desk.free(plan.quotePocket[0])).toBeCloseTo(100 * BID, 3);
    env.step(choose(env, 'quote:off:off'));
    env.step(0);
    expect(desk.free(plan.quotePocket[0])).toBeCloseTo(free, 9);
  });
});

describe('on markets made up', () => {
  const config = resolveConfig(comboConfigOf(MAKER_TAKER), { quoteEdgesBps: [1, 4] }, 'test');
  const tapeOf = (label: string, market: Record<string, unknown> = {}): LegTape =>
    syntheticLegs(MAKER_TAKER, { steps: 900, ...market })(createRng(label));
  const earned = (tape: LegTape, overrides: ComboEnvOptions['config'], settings = {}): [number, number] => {
    const env = new ComboEnv({ kind: MAKER_TAKER, markets: tape, config: { ...config, ...overrides } });
    const { observationSpace, actionSpace } = env;
    const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(1), totalSteps: 0 };
    let profit = 0;
    let fills = 0;
    playEpisode(hedgedMaker.build({ ...context, masksActions: true }, settings), env, (info) => {
      profit = (info as { profitBps: number }).profitBps;
      fills = (info as { traded: number }).traded;
    });
    return [profit, fills];
  };
  const labels = Array.from({ length: 6 }, (_, n) => `maker ${n}`);

  test('later hedges and requests earn less in the mean, and a rule that is near the touch earns something', () => {
    const at = (latencyMs: number): number =>
      mean(labels.map((label) => earned(tapeOf(label), { latencyMs }, { intensity: 0.2 })[0]));
    const profits = [0, 2000, 15_000].map(at);
    expect(profits[0]).toBeGreaterThan(0);
    expect(profits[1]).toBeLessThan(profits[0]);
    expect(profits[2]).toBeLessThan(profits[1]);
  });

  test('nothing is earned where one market says nothing of the other and fees are above its spread', () => {
    const wide = { ...(MAKER_TAKER.synthetic.markets as never as Record<string, unknown>[])[0] };
    const still = { ...wide, premiumDeviationBps: 0, spreadBps: 4 };
    const markets = [still, (MAKER_TAKER.synthetic.markets as never as unknown[])[1]];
    for (const label of labels.slice(0, 3)) {
      const [profit, fills] = earned(tapeOf(label, { markets }), { takerFeeRate: 0.0005 }, { intensity: 1 });
      expect(profit, `${fills} fills`).toBeLessThan(0.5);
    }
  });

  test('the hindsight bound is above what the rule earns', () => {
    for (const label of labels.slice(0, 3)) {
      const tape = tapeOf(label);
      const [profit] = earned(tape, { latencyMs: 0 }, { intensity: 0.2 });
      const bound = comboBoundBps(MAKER_TAKER, { ...config, latencyMs: 0 }, tape);
      expect(bound).toBeGreaterThan(profit);
      expect(profit).toBeGreaterThan(0.05 * bound);
    }
  });

  test('neither later books nor later trades are known', () => {
    const { books, trades, funding } = tapeOf('later', { steps: 200 });
    const cut = 240;
    const known = trades!.timeMs.findLastIndex((timeMs) => timeMs <= books.timeMs[cut]) + 1;
    const later: TradeTape = {
      ...trades!,
      sides: trades!.sides.map((side, n) => (n < known ? side : -side)),
      prices: trades!.prices.map((price, n) => (n < known ? price : price * 1.01)),
    };
    const trace = (own: BookTape, of: TradeTape) =>
      traceEnv(
        new ComboEnv({
          kind: MAKER_TAKER,
          markets: { books: own, trades: of, funding },
          config: { ...config, warmupEvents: 6, episodeStart: 'sequential', latencySigma: 0.5 },
        }),
        { steps: 150, seed: 5 },
      );
    const until = (entries: ReturnType<typeof trace>) => entries.filter(({ time }) => time <= cut);
    const original = trace(books, trades!);
    const perturbed = trace(perturbBooksAfter(books, cut), later);
    expect(until(perturbed)).toEqual(until(original));
    expect(until(original).length).toBeGreaterThan(30);
    expect(perturbed).not.toEqual(original);
  });
});

describe('what does not fit is refused in a line', () => {
  test('edges that do not rise, trades of other venues, a space without quotes', () => {
    expect(() => envOn(booksOf(flat), undefined, { quoteEdgesBps: [3, 1] })).toThrow(
      /quoteEdgesBps must rise, got 3, 1/,
    );
    const plugin = comboEnvs.find(({ name }) => name === 'maker-taker')!;
    const others = { ...tradesOf([1, 100, 1, 1]), venues: [VENUES[1], VENUES[0]] };
    expect(() => plugin.create({ seed: 1, books: booksOf(flat), trades: others })).toThrow(
      /the trades are of tight, wide, the books of wide, tight/,
    );
    const { observationSpace, actionSpace } = comboEnvs[0].create({ seed: 1 });
    const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(1), totalSteps: 0 };
    expect(() => hedgedMaker.build(context, {})).toThrow(/sets quotes of a maker, which these spaces/);
  });
});
