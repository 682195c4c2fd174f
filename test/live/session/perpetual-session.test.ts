/** Perpetuals traded on paper: the same bits live, in replays, from checkpoints and in the simulator. */
import { describe, expect, test } from 'vitest';
import { BookTradingEnv } from '../../../envs/book-trading.ts';
import type { Action } from '../../../envs/spaces.ts';
import { assemble, readHeader } from '../../../live/session/assemble.ts';
import { restoreSession, saveSession } from '../../../live/session/checkpoint.ts';
import { resolveLiveConfig } from '../../../live/session/config.ts';
import type { LiveMarket } from '../../../live/session/live-market.ts';
import { readTapeData } from '../../../live/tape/data.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import type { Fill } from '../../../market/execution/fill.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { entriesOf, recordSession } from '../recorded-session.ts';
import { restlessPolicy, sessionSettings } from './restless-policy.mjs';

/** No multiple of a bar: rates change within the bar that they are exchanged in. */
const FUNDING_MS = 31_300;
const ENV = {
  instrument: 'perpetual',
  leverage: 100,
  marginMode: 'isolated',
  maxLeverage: 20,
  levels: [-20, -10, 0, 10, 20],
  barMs: 2000,
  initialEquity: 200,
  feeRate: 0.00001,
  staleMs: 60_000,
};

const settings = (env: object = {}) => {
  const plain = sessionSettings('trading', 'ws://127.0.0.1:1');
  const [market] = plain.markets as readonly object[];
  return {
    ...plain,
    markets: [{ ...market, venue: 'bybit-perpetual' }],
    env: { ...(plain.env as object), ...ENV, ...env },
    risk: { ...(plain.risk as object), maxExposure: 100 },
  };
};

/** What the venue says of the contract: a mark beside the middle, at times far from it, a rate that turns its sign, fundings on a grid. */
function ticker(timeMs: number, mid: number, n: number): string {
  const data = {
    symbol: 'BTCUSDT',
    markPrice: (mid * (1 + (n % 98 === 0 ? 0.02 : 0.0005) * Math.sin(n))).toFixed(4),
    fundingRate: (0.0004 * Math.cos(n / 50)).toFixed(8),
    nextFundingTime: String((Math.floor(timeMs / FUNDING_MS) + 1) * FUNDING_MS),
  };
  return JSON.stringify({ topic: 'tickers.BTCUSDT', type: 'snapshot', ts: Math.round(timeMs), data });
}

const books = walkingBooks({ events: 700, depth: 3 });

function record({
  env = {},
  silentFrom = Infinity,
}: {
  env?: object;
  silentFrom?: number;
} = {}): TapeRecord[] {
  return recordSession({
    books,
    config: settings(env),
    policyFor: (market) => restlessPolicy(market),
    before(event, take, timeMs) {
      if (event % 2 === 1 || event >= silentFrom) return;
      const at = event * books.depth;
      const mid = 0.5 * (books.bidPrices[at] + books.askPrices[at]);
      take(['input', timeMs, 0, 'frame', ticker(timeMs, mid, event)]);
    },
  });
}

const replayOptions = {
  venues: builtInVenues,
  policyFor: (_model: string, _createdMs: number, market: LiveMarket) => restlessPolicy(market),
};

describe('a session of a perpetual', () => {
  const tape = record();
  const liquidations = tape.filter(
    ([kind, , fill]) => kind === 'fill' && (fill as unknown as Fill).liquidation,
  ).length;

  test('is the same when its tape is replayed', () => {
    const { difference, missing, assembled } = replayTape(entriesOf(tape), replayOptions);
    expect([difference, missing]).toEqual([undefined, []]);
    expect(liquidations).toBeGreaterThan(0);
    const state = assembled.market.describe() as { [key: string]: number };
    expect(state.mark).toBeGreaterThan(0);
    expect(state.funding).not.toBe(0);
  });

  test('is what the simulator makes of its tape, fill by fill', () => {
    const data = readTapeData(entriesOf(tape), builtInVenues);
    expect(data.contracts?.length).toBe(350);
    const fills: Fill[] = [];
    const simulator = new BookTradingEnv({
      books: data.books,
      contracts: data.contracts,
      seed: 3,
      config: { ...settings().env, episodeStart: 'sequential' } as object,
      onFill: (fill) => fills.push({ ...fill }),
    });
    const policy = restlessPolicy(simulator as unknown as LiveMarket);
    let { observation } = simulator.reset();
    const equities: number[] = [];
    for (let isOver = false; !isOver; ) {
      const result = simulator.step(policy.act(observation, false) as Action);
      ({ observation } = result);
      equities.push((result.info as { equity: number }).equity);
      isOver = result.terminated || result.truncated;
    }
    const decisions = tape.filter(([kind]) => kind === 'decision');
    const lastMs = decisions.at(-1)?.[1] ?? 0;
    const live = tape.filter(([kind, timeMs]) => kind === 'fill' && timeMs <= lastMs);
    expect(live.length).toBeGreaterThan(30);
    expect(fills.slice(0, live.length).map(({ row: _, ...fill }) => fill)).toEqual(
      live.map(([, timeMs, fill]) => ({ timeMs, ...(fill as object) })),
    );
    expect(equities.length).toBeGreaterThan(100);
  });

  test('goes on from a checkpoint as if it had been read from the beginning', () => {
    const inputs = tape.slice(1).filter(([kind]) => kind === 'input' || kind === 'tick');
    const make = () => {
      const out: TapeRecord[] = [];
      const record = (entry: TapeRecord) => void out.push(structuredClone(entry));
      return { out, assembled: assemble(readHeader(tape[0]), { ...replayOptions, record }) };
    };
    const [whole, second] = [make(), make()];
    const half = inputs.length >> 1;
    for (const input of inputs.slice(0, half)) whole.assembled.repeat(input);
    restoreSession(second.assembled, structuredClone(saveSession(whole.assembled)) as never);
    whole.out.length = 0;
    for (const input of inputs.slice(half)) {
      whole.assembled.repeat(input);
      second.assembled.repeat(input);
    }
    expect(whole.out.some(([kind]) => kind === 'fill')).toBe(true);
    expect(second.out).toEqual(whole.out);
  });
});

describe('a decision', () => {
  const reasons = (tape: readonly TapeRecord[]) =>
    tape.filter(([kind]) => kind === 'decision').map(([, , , verdict, reason]) => `${verdict} ${reason}`);

  test('is held while nothing is known of the contract, and counted', () => {
    const told = new Set(reasons(record({ silentFrom: 0 })));
    expect([...told]).toEqual(['hold uninformed']);
  });

  test('is held once the mark is old', () => {
    const all = reasons(record({ silentFrom: 200, env: { staleMs: 5000 } }));
    expect(all).toContain('pass null');
    expect(all.at(-1)).toBe('hold uninformed');
  });
});

test.each([
  [
    'bybit',
    { instrument: 'perpetual' },
    'Venue "bybit" is of spot markets, and env.instrument is "perpetual"',
  ],
  [
    'bybit-perpetual',
    { instrument: 'spot' },
    'Venue "bybit-perpetual" is of perpetuals, and env.instrument is "spot"',
  ],
])('%s with %o is refused', (venue, env, message) => {
  const config = resolveLiveConfig({ markets: [{ venue, symbol: 'BTC/USDT' }], env });
  const header = { config, model: 'none', modelCreatedMs: Number.NaN };
  expect(() => assemble(header, { ...replayOptions, record: () => {} })).toThrow(message);
});

test('a perpetual on books without what its venue says is refused', () => {
  expect(() => new BookTradingEnv({ books, config: { instrument: 'perpetual' } })).toThrow(
    /needs its marks and funding rates/,
  );
});
