import { describe, expect, test } from 'vitest';
import { BookTradingEnv } from '../../../envs/book-trading.ts';
import type { Action } from '../../../envs/spaces.ts';
import type { LiveMarket } from '../../../live/session/live-market.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import type { Fill } from '../../../market/execution/fill.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { entriesOf, hashPolicy, type RecordOptions, recordSession } from '../recorded-session.ts';

const ENV = {
  barMs: 2000,
  features: ['return:1', 'volatility:5'],
  normalizationBars: 20,
  window: 3,
  latencyMs: 300,
  latencySigma: 0.5,
  staleMs: 4000,
};
const CONFIG = {
  mode: 'trading',
  markets: [{ venue: 'bybit', symbol: 'BTC/USDT' }],
  depth: 3,
  env: ENV,
  risk: { maxOrdersPerMinute: 1000, maxDrawdown: 1 },
  seed: 5,
};
const books = walkingBooks({ events: 1500, depth: 3 });

const record = (options: Partial<RecordOptions> = {}): TapeRecord[] =>
  recordSession({ books, config: CONFIG, ...options });

const ofKind = (tape: readonly TapeRecord[], kind: string): TapeRecord[] =>
  tape.filter(([name]) => name === kind);

const replay = (tape: readonly TapeRecord[]) =>
  replayTape(entriesOf(tape), {
    venues: builtInVenues,
    policyFor: (model, createdMs, market) => hashPolicy(market, model, createdMs),
  });

describe('a live session', () => {
  test('trades as the simulator does on the same books, fill for fill and bit for bit', () => {
    for (const actions of ['discrete', 'continuous'] as const) {
      const config = { ...CONFIG, env: { ...ENV, actions } };
      const seen: number[][] = [];
      const tape = record({
        config,
        onDecision: ({ step }) => seen.push([...step.observation, step.reward]),
      });
      const fills: Fill[] = [];
      const env = new BookTradingEnv({
        books,
        seed: CONFIG.seed,
        config: { ...ENV, actions, episodeStart: 'sequential' },
        onFill: (fill) => fills.push({ ...fill }),
      });
      const policy = hashPolicy(env as unknown as LiveMarket);
      const simulated: number[][] = [];
      let { observation } = env.reset();
      simulated.push([...observation, 0]);
      for (let isOver = false; !isOver; ) {
        const result = env.step(policy.act(observation, false) as Action);
        ({ observation } = result);
        simulated.push([...observation, result.reward]);
        isOver = result.terminated || result.truncated;
      }
      expect(simulated.length).toBeGreaterThan(300);
      // The simulator knows a bar when the event behind it has come, and so does the session.
      expect(seen.length).toBe(simulated.length);
      expect(seen).toEqual(simulated);
      const [, endMs] = ofKind(tape, 'decision').at(-1) as TapeRecord;
      const live = ofKind(tape, 'fill')
        .filter(([, timeMs]) => timeMs <= endMs)
        .map(([, timeMs, fill]) => ({ timeMs, ...(fill as object) }));
      expect(fills.length).toBeGreaterThan(100);
      expect(live).toEqual(fills.map(({ row: _, ...fill }) => fill));
    }
  });

  test('is repeated by its tape to the byte', () => {
    const tape = record();
    const outcome = replay(tape);
    expect(outcome.difference).toBeUndefined();
    expect(outcome.missing).toEqual([]);
    expect(outcome.numOutputs).toBeGreaterThan(800);
    expect(ofKind(tape, 'state').length).toBeGreaterThan(2);
  });

  test('shows where a replay differs', () => {
    const tape = record();
    const at = tape.findIndex(([kind]) => kind === 'fill');
    const [, timeMs, fill] = tape[at];
    const changed = tape.with(at, ['fill', timeMs, { ...(fill as object), price: 1 }]);
    expect(replay(changed).difference?.index).toBe(at);
    const cut = tape.toSpliced(at, 1);
    expect(replay(cut).difference).toMatchObject({ index: at });
  });

  test('makes good what a crash kept from being written', () => {
    const tape = record();
    for (const kind of ['fill', 'decision', 'order']) {
      const at = tape.findLastIndex(([name]) => name === kind);
      const input = tape.findLastIndex(([name], i) => i < at && (name === 'input' || name === 'tick'));
      const outcome = replay(tape.slice(0, input + 1));
      expect(outcome.difference).toBeUndefined();
      expect(outcome.missing.map((entry) => JSON.stringify(entry))).toContain(JSON.stringify(tape[at]));
    }
  });

  test('asks no policy while its book is lost, and holds or flattens within one decision', () => {
    for (const onBadBook of ['hold', 'flatten'] as const) {
      const config = { ...CONFIG, risk: { ...CONFIG.risk, onBadBook } };
      let lostMs = Number.NaN;
      const tape = record({
        config,
        before(event, take, timeMs) {
          if (event !== 800) return;
          lostMs = timeMs;
          take(['input', timeMs, 0, 'close', 'gone']);
          for (let i = 1; i <= 20; i++) take(['tick', timeMs + i * 100]);
        },
      });
      // The connection is closed for good: everything after is decided without a book.
      const after = ofKind(tape, 'decision').filter(([, timeMs]) => timeMs > lostMs);
      expect(after.length).toBeGreaterThan(10);
      for (const [, , , verdict, reason] of after) expect([verdict, reason]).toEqual([onBadBook, 'bad-book']);
      expect(ofKind(tape, 'fill').filter(([, timeMs]) => timeMs > lostMs)).toEqual([]);
      expect(replay(tape).difference).toBeUndefined();
    }
  });

  test('halts when it is told to, closes what is open, and sends nothing more', () => {
    const tape = record({
      before(event, take, timeMs) {
        if (event === 700) take(['halt', timeMs, 'by hand']);
      },
    });
    const [, haltMs] = ofKind(tape, 'halt')[0];
    const after = ofKind(tape, 'decision').filter(([, timeMs]) => timeMs > haltMs);
    for (const [, , , verdict, reason] of after) expect([verdict, reason]).toEqual(['flatten', 'halted']);
    expect(after.at(-1)?.at(-1)).toBe(0);
    expect(replay(tape).difference).toBeUndefined();
  });

  test('a policy that answers with nonsense is held, then halted', () => {
    const tape = record({
      policyFor: (market) => {
        let asked = 0;
        return {
          ...hashPolicy(market),
          act: () => [7, Number.NaN, 0.5][asked++ % 3],
        };
      },
    });
    const decisions = ofKind(tape, 'decision');
    expect(decisions.slice(0, 3).map(([, , , verdict, reason]) => [verdict, reason])).toEqual(
      Array(3).fill(['hold', 'invalid-action']),
    );
    expect(decisions[3][4]).toBe('halted');
    expect(ofKind(tape, 'halted')[0][2]).toMatch(/^3 invalid actions in a row, the last: 0.5 is none of 3/);
    expect(ofKind(tape, 'fill')).toEqual([]);
  });

  test('goes over to another model between two decisions, and the tape names it', () => {
    const swapped = record({
      before(event, take, timeMs) {
        if (event === 700) take(['model', timeMs, 'second', 1]);
      },
    });
    expect(ofKind(swapped, 'model')[0].slice(2)).toEqual(['second', 1]);
    expect(replay(swapped).difference).toBeUndefined();
    expect(replay(swapped).assembled.session.policy.model).toBe('second');
  });
});

describe('limits', () => {
  const denied = (risk: object, env: object = {}) => {
    const tape = record({
      config: { ...CONFIG, env: { ...ENV, ...env }, risk: { ...CONFIG.risk, ...risk } },
    });
    return ofKind(tape, 'decision').map(([, , , , reason]) => reason);
  };
  test.each([
    [{ maxNotional: 1 }, 'max-notional'],
    [{ maxExposure: 0.5 }, 'max-exposure'],
    [{ maxOrdersPerMinute: 2 }, 'order-rate'],
    [{ maxDrawdown: 0.001 }, 'halted'],
    [{ maxLoopLagMs: 1 }, 'late'],
  ])('%j', (risk, reason) => {
    expect(denied(risk)).toContain(reason);
  });

  test('an old model may only reduce', () => {
    const reasons = ofKind(
      record({
        policyFor: (market) => hashPolicy(market, 'old', 0),
      }),
      'decision',
    ).map(([, , , , reason]) => reason);
    expect(reasons).toContain('model-age');
  });
});
