/** What fails inside a session halts it: nothing is thrown out of it, and the same tape halts it again. */
import { describe, expect, test } from 'vitest';
import { assemble, headerRecord } from '../../../live/session/assemble.ts';
import { resolveLiveConfig } from '../../../live/session/config.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { entriesOf } from '../recorded-session.ts';

const START = 1.7e12;

interface Scene {
  readonly env?: Record<string, unknown>;
  readonly risk?: Record<string, unknown>;
  readonly act: () => number;
}

/** A session on Bybit's frames in virtual time. */
function open({ env = {}, risk = {}, act }: Scene) {
  const config = resolveLiveConfig({
    markets: [{ venue: 'bybit', symbol: 'BTC/USDT' }],
    channels: ['book', 'trades'],
    depth: 5,
    risk,
    env: { barMs: 1000, features: ['return:1'], normalize: 'none', window: 1, ...env },
  });
  const header = { config, model: 'test', modelCreatedMs: Number.NaN };
  const parts = { venues: builtInVenues, policyFor: () => ({ model: 'test', createdMs: Number.NaN, act }) };
  const records: TapeRecord[] = [headerRecord(header, START)];
  const { session, market, venueSessions } = assemble(header, {
    ...parts,
    record: (record) => void records.push(record),
  });
  let timeMs = START;
  let update = 1;
  const input = (value: Parameters<typeof session.takeInput>[1]) => {
    session.takeInput(0, value, timeMs);
    venueSessions[0].handle(value, timeMs);
  };
  const frame = (value: unknown) => input({ kind: 'frame', text: JSON.stringify(value) });
  input({ kind: 'open' });
  return {
    session,
    market,
    records,
    parts,
    book(bid: number | string, ask: number | string, size: string = '5') {
      timeMs += 250;
      update++;
      const data = {
        s: 'BTCUSDT',
        b: [[String(bid), size]],
        a: [[String(ask), size]],
        u: update,
        seq: update,
      };
      frame({ topic: 'orderbook.50.BTCUSDT', type: 'snapshot', ts: timeMs, cts: timeMs, data });
    },
    trade(size: string) {
      timeMs += 250;
      frame({
        topic: 'publicTrade.BTCUSDT',
        type: 'snapshot',
        ts: timeMs,
        data: [{ T: timeMs, s: 'BTCUSDT', S: 'Buy', v: size, p: '50000', i: 'x' }],
      });
    },
    /** The same tape through a new session. */
    repeat: () => replayTape(entriesOf(records), parts),
  };
}

describe('a session that is ruined', () => {
  test('halts, stays up, and is halted again by its tape', () => {
    const scene = open({ act: () => 0 });
    for (let i = 0; i < 24; i++) scene.book(49_999.5, 50_000.5);
    for (let i = 0; i < 40; i++) scene.book(109_999.5, 110_000.5);
    const { session, records } = scene;
    expect(session.guard.state).toBe('halted');
    expect(session.fault).toBe(session.guard.haltReason);
    expect(records.filter(([kind]) => kind === 'halted')).toHaveLength(1);
    const repeated = scene.repeat();
    expect(repeated.difference).toBeUndefined();
    expect(repeated.assembled.session.fault).toBe(session.fault);
  });
});

describe('a session whose market throws', () => {
  test('is halted in memory before anything is written, and decides nothing any more', () => {
    const scene = open({ act: () => 2 });
    for (let i = 0; i < 12; i++) scene.book(49_999.5, 50_000.5);
    const { session, market, records } = scene;
    const decide = market.decide.bind(market);
    market.decide = () => {
      decide();
      throw new Error('a feature is NaN');
    };
    for (let i = 0; i < 12; i++) scene.book(49_999.5, 50_000.5);
    expect(session.guard.haltReason).toBe('something failed: a feature is NaN');
    const numDecisions = session.numDecisions;
    for (let i = 0; i < 12; i++) scene.book(49_999.5, 50_000.5);
    expect(session.numDecisions).toBe(numDecisions);
    expect(records.filter(([kind]) => kind === 'halted')).toEqual([
      ['halted', expect.any(Number), 'something failed: a feature is NaN'],
    ]);
    // What was open is closed by the books that still come.
    expect(market.account.exposure).toBeCloseTo(0, 6);
  });
});

describe('frames of extreme numbers', () => {
  test.each<[what: string, send: (scene: ReturnType<typeof open>) => void]>([
    ['price 5e-324', (scene) => scene.book('5e-324', '1e-323')],
    ['price 1.7e308', (scene) => scene.book('1.7e308', '1.75e308')],
    ['price 1e-300, sizes 1e308', (scene) => scene.book('1e-300', '2e-300', '1e308')],
    ['price × 10', (scene) => scene.book('500000', '500001')],
    ['price ÷ 10', (scene) => scene.book('5000', '5001')],
    ['a trade of size 1e200', (scene) => scene.trade('1e200')],
  ])('%s: nothing is thrown, nothing traded on it, and the session goes on', (_, send) => {
    const scene = open({
      env: { features: ['return:1', 'volatility:3', 'volume-zscore:3'] },
      risk: { maxDrawdown: 1 },
      act: () => 2,
    });
    for (let i = 0; i < 34; i++) scene.book(49_999.5, 50_000.5);
    const { equity } = scene.market.account;
    send(scene);
    for (let i = 0; i < 20; i++) scene.book(49_999.5, 50_000.5);
    expect(scene.session.fault).toBeUndefined();
    expect(scene.session.guard.state).toBe('active');
    expect(scene.market.account.equity).toBeCloseTo(equity, 6);
    expect(scene.repeat().difference).toBeUndefined();
  });

  test('a price that falls by half is a price', () => {
    const scene = open({ risk: { maxDrawdown: 1 }, act: () => 2 });
    for (let i = 0; i < 34; i++) scene.book(49_999.5, 50_000.5);
    for (let i = 0; i < 20; i++) scene.book(25_000, 25_001);
    expect(scene.market.account.equity).toBeLessThan(0.6 * scene.market.account.initialEquity);
  });
});
