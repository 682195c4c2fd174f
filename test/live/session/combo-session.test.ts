/** Combinations traded on paper: carry, a premium with its leg of currency, a circle; live, in replays and in the simulator. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { ComboEnv, syntheticLegs } from '../../../envs/combo-arbitrage.ts';
import { assemble, readHeader } from '../../../live/session/assemble.ts';
import { ComboLiveMarket } from '../../../live/session/combo-live-market.ts';
import { type ComboMode, LIVE_COMBOS, resolveLiveConfig } from '../../../live/session/config.ts';
import type { LiveMarket } from '../../../live/session/live-market.ts';
import { bookFrame } from '../../../live/tape/book-frames.ts';
import { readTapeData } from '../../../live/tape/data.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import type { LegFill } from '../../../market/arbitrage/legs/desk.ts';
import type { BookTape } from '../../../market/books/tape.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { entriesOf } from '../recorded-session.ts';
import { restlessPolicy } from './restless-policy.mjs';

/** Who speaks for each market of a kind. */
const MARKETS: Readonly<Record<ComboMode, readonly (readonly [venue: string, symbol: string])[]>> = {
  carry: [
    ['bybit', 'BTC/USDT'],
    ['bybit-perpetual', 'BTC/USDT'],
  ],
  'perp-carry': [
    ['bybit-perpetual', 'BTC/USDT'],
    ['okx-perpetual', 'BTC/USDT'],
  ],
  premium: [
    ['bybit', 'BTC/USDT'],
    ['upbit', 'BTC/KRW'],
    ['upbit', 'USDT/KRW'],
  ],
  triangular: [
    ['bybit', 'BTC/USDT'],
    ['bybit', 'ETH/BTC'],
    ['bybit', 'ETH/USDT'],
  ],
};

const FUNDING_MS = 8 * 3_600_000;
const ENV = { warmupEvents: 12, latencyMs: 50, sizes: [0.05, 0.1] };
/** Books of made-up markets come half an hour apart. */
const CARE = {
  staleAfterMs: 1e9,
  silenceMs: 1e9,
  streamDeadlineMs: 1e9,
  syncDeadlineMs: 1e9,
  rotateAfterMs: 1e12,
};

const settings = (mode: ComboMode, env: object = {}) => ({
  mode,
  markets: MARKETS[mode].map(([venue, symbol]) => ({ venue, symbol, settings: CARE })),
  channels: ['book'],
  depth: 3,
  env: { ...ENV, ...env },
  risk: {
    maxOrdersPerMinute: 1_000_000,
    maxDrawdown: 1,
    maxLoopLagMs: 1e12,
    maxExposure: 100,
    maxEdgeBps: 1e6,
  },
  seed: 3,
});

function frameOf(books: BookTape, event: number, venue: string, symbol: string): string[] {
  const { depth } = books;
  const ts = Math.round(books.timeMs[event]);
  if (venue.startsWith('bybit')) return [bookFrame(books, event, 0, symbol)];
  if (venue === 'okx-perpetual')
    return [bookFrame(books, event, 1, symbol).replace('BTC-USDT', 'BTC-USDT-SWAP')];
  const at = (k: number) => event * depth + k;
  const ranks = Array.from({ length: depth }, (_, k) => k).filter((k) => books.bidPrices[at(k)] > 0);
  if (venue === 'upbit') {
    const code = symbol.split('/').reverse().join('-');
    const orderbook_units = ranks.map((k) => ({
      bid_price: books.bidPrices[at(k)],
      bid_size: books.bidSizes[at(k)],
      ask_price: books.askPrices[at(k)],
      ask_size: books.askSizes[at(k)],
    }));
    return [
      JSON.stringify({ type: 'orderbook', code, timestamp: ts, orderbook_units, stream_type: 'SNAPSHOT' }),
    ];
  }
  throw new Error(`nobody speaks for ${venue}`);
}

const fundingRate = (n: number) => (0.0005 * Math.cos(n / 7)).toFixed(8);
const nextFundingMs = (timeMs: number) => String((Math.floor(timeMs / FUNDING_MS) + 1) * FUNDING_MS);

const okxFunding = (timeMs: number, n: number) =>
  JSON.stringify({
    arg: { channel: 'funding-rate', instId: 'BTC-USDT-SWAP' },
    data: [
      {
        fundingRate: fundingRate(n),
        fundingTime: nextFundingMs(timeMs),
        nextFundingRate: '',
        ts: String(timeMs),
      },
    ],
  });
const OKX_SWAP = JSON.stringify({ code: '0', data: [{ ctType: 'linear', ctVal: '1' }] });

const ticker = (timeMs: number, mid: number, n: number) =>
  JSON.stringify({
    topic: 'tickers.BTCUSDT',
    type: 'snapshot',
    ts: Math.round(timeMs),
    data: {
      symbol: 'BTCUSDT',
      markPrice: mid.toFixed(2),
      fundingRate: fundingRate(n),
      nextFundingTime: nextFundingMs(timeMs),
    },
  });

/** Plays made-up markets of a kind through a session. @param before each event; false: it is left out */
function record(
  mode: ComboMode,
  {
    env = {},
    numEvents = 700,
    isHeard = () => true,
  }: {
    env?: object;
    numEvents?: number;
    isHeard?: (market: number, event: number, what: 'book' | 'news') => boolean;
  } = {},
): TapeRecord[] {
  const { books } = syntheticLegs(LIVE_COMBOS[mode])(createRng(5));
  const tape: TapeRecord[] = [];
  const first: TapeRecord = [
    'session',
    books.timeMs[0],
    { config: settings(mode, env) as never, model: 'restless', modelCreatedMs: null },
  ];
  tape.push(first);
  const { repeat: take } = assemble(readHeader(first), {
    venues: builtInVenues,
    policyFor: (_model, _createdMs, market) => restlessPolicy(market),
    record: (entry) => tape.push(structuredClone(entry)),
  });
  const markets = MARKETS[mode];
  for (const [source, [venue, symbol]] of markets.entries()) {
    take(['input', books.timeMs[0], source, 'open']);
    if (venue === 'okx-perpetual') take(['input', books.timeMs[0], source, 'snapshot', symbol, OKX_SWAP]);
  }
  for (let event = 0; event < Math.min(numEvents, books.length); event++) {
    const source = books.venue[event];
    const [venue, symbol] = markets[source];
    const timeMs = Math.round(books.timeMs[event]);
    const at = event * books.depth;
    const mid = 0.5 * (books.bidPrices[at] + books.askPrices[at]);
    if (venue.endsWith('-perpetual') && isHeard(source, event, 'news'))
      take([
        'input',
        timeMs,
        source,
        'frame',
        venue === 'okx-perpetual' ? okxFunding(timeMs, event) : ticker(timeMs, mid, event),
      ]);
    if (!isHeard(source, event, 'book')) continue;
    for (const text of frameOf(books, event, venue, symbol)) take(['input', timeMs, source, 'frame', text]);
    if (event % 5 === 0) take(['tick', timeMs]);
  }
  return tape;
}

const decisionsOf = (tape: readonly TapeRecord[]) => tape.filter(([kind]) => kind === 'decision');

describe.each<[ComboMode, object]>([
  ['carry', {}],
  ['carry', { decisionMs: 0 }],
  ['perp-carry', { decisionMs: 3_600_000 }],
  ['premium', {}],
  ['triangular', {}],
])('a session of %s with %o', (mode, own) => {
  const tape = record(mode, { env: own, numEvents: 900 });

  test('trades, and is the same when its tape is replayed', () => {
    expect(tape.filter(([kind]) => kind === 'fill').length).toBeGreaterThan(10);
    const { difference, missing, assembled } = replayTape(entriesOf(tape), {
      venues: builtInVenues,
      policyFor: (_model: string, _createdMs: number, market: LiveMarket) => restlessPolicy(market),
    });
    expect([difference, missing]).toEqual([undefined, []]);
    expect(assembled.market.account.equity).toBeGreaterThan(0);
  });

  test('is what the simulator makes of its tape, fill by fill and equity by equity', () => {
    const data = readTapeData(entriesOf(tape), builtInVenues);
    const fills: object[] = [];
    const env = new ComboEnv({
      kind: LIVE_COMBOS[mode],
      markets: {
        books: data.books,
        funding: data.books.venues.map(() => undefined),
        contracts: data.contracts,
      },
      seed: 3,
      config: { ...ENV, ...own, episodeStart: 'sequential' },
      onFill: ({ timeMs, market: venue, ...fill }: LegFill) => fills.push({ timeMs, venue, ...fill }),
    });
    const decisions = decisionsOf(tape);
    let last = -1;
    const policy = restlessPolicy(env as unknown as LiveMarket);
    let step: { observation: Float32Array; info: { equity: number }; truncated?: boolean } =
      env.reset() as never;
    for (const [, , index, verdict, , action, equity] of decisions) {
      expect([index, verdict, step.info.equity]).toEqual([index, 'pass', equity]);
      const ours = policy.act(step.observation, false, env.actionMask()) as number;
      expect(ours).toBe(action);
      last = index as number;
      if (step.truncated) break;
      step = env.step(ours) as never;
    }
    const live = tape.filter(([kind]) => kind === 'fill');
    expect(last).toBe(decisions.length - 1);
    expect(fills.slice(0, live.length)).toEqual(
      live.map(([, timeMs, fill]) => ({ timeMs, ...(fill as object) })),
    );
  });
});

describe('nothing is decided', () => {
  const told = (tape: readonly TapeRecord[]) =>
    decisionsOf(tape).map(([, , , verdict, reason]) => `${verdict} ${reason}`);

  test('on a perpetual whose funding is not known, and it is counted', () => {
    const reasons = told(record('carry', { numEvents: 100, isHeard: (_m, _e, what) => what === 'book' }));
    expect(new Set(reasons)).toEqual(new Set(['hold uninformed']));
    expect(reasons.length).toBeGreaterThan(1);
  });

  test('without the leg of currency: before it is heard, and once it is lost', () => {
    expect(told(record('premium', { numEvents: 100, isHeard: (market) => market !== 2 }))).toEqual([]);
    const tape = record('premium', { numEvents: 200 });
    const cut = record('premium', { numEvents: 200, isHeard: (market, event) => market !== 2 || event < 60 });
    expect(told(cut).length).toBeLessThanOrEqual(told(tape).length);
    expect(told(tape).every((reason) => reason === 'pass null')).toBe(true);
  });
});

test.each([
  [{ ...settings('carry'), markets: settings('carry').markets.slice(0, 1) }, 'Mode "carry" needs 2 markets'],
  [
    { ...settings('premium'), markets: [0, 1, 1].map((m) => settings('premium').markets[m]) },
    'Market "upbit BTC/KRW" is named twice',
  ],
])('settings are refused: %#', (config, message) => {
  expect(() => resolveLiveConfig(config)).toThrow(message);
});

test.each([
  ['carry', [0, 0], 'Venue "okx" is of spot markets, and market 1 of mode "carry" is linear-perpetual'],
  ['premium', [0, 1, 1], 'leave'],
] as const)('legs of %s that are something else are refused', (mode, from, message) => {
  const markets = from.map((m, i) => ({
    ...settings(mode).markets[m],
    ...(mode === 'carry' && i === 1 && { venue: 'okx' }),
    ...(mode === 'premium' && i === 2 && { symbol: 'XRP/KRW' }),
  }));
  const header = {
    config: resolveLiveConfig({ ...settings(mode), markets }),
    model: 'none',
    modelCreatedMs: Number.NaN,
  };
  const options = { venues: builtInVenues, policyFor: () => restlessPolicy as never, record: () => {} };
  expect(() => assemble(header, options)).toThrow(message);
});

test('what a long session forgets changes nothing', () => {
  const kind = LIVE_COMBOS.carry;
  const { books } = syntheticLegs(kind)(createRng(9));
  const { env } = resolveLiveConfig(settings('carry', { decisionMs: 0 })) as unknown as { env: never };
  const make = (forgetFrom?: number) =>
    new ComboLiveMarket({ kind, config: env, venues: books.venues, depth: books.depth, seed: 1, forgetFrom });
  const markets = [make(), make(100)];
  const policy = restlessPolicy(markets[0]);
  let numDecisions = 0;
  for (let event = 0; event < 1000; event++) {
    const timeMs = books.timeMs[event];
    const news = { fundingRate: Number(fundingRate(event)), fundingTimeMs: Number(nextFundingMs(timeMs)) };
    for (const market of markets) {
      market.takeContract(1, { mark: Number.NaN, ...news } as never, timeMs);
      market.takeBook(books.venue[event], books, event * books.depth, timeMs);
    }
    if (markets[0].nextDecisionMs !== timeMs) continue;
    const [first, second] = markets.map((market) => market.decide()!);
    expect(second.observation).toEqual(first.observation);
    expect(second.info).toMatchObject({ equity: (first.info as { equity: number }).equity });
    const action = policy.act(first.observation, false, markets[0].actionMask()) as number;
    for (const market of markets) market.begin(action);
    numDecisions++;
  }
  expect(numDecisions).toBeGreaterThan(400);
  expect(markets[1].describe()).toEqual(markets[0].describe());
});
