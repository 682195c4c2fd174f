/** What is on a tape, and what others make of it: a second session, the simulator. */
import { describe, expect, test } from 'vitest';
import { BookTradingEnv } from '../../../envs/book-trading.ts';
import type { Action } from '../../../envs/spaces.ts';
import type { LiveMarket } from '../../../live/session/live-market.ts';
import { readTapeData } from '../../../live/tape/data.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import type { Fill } from '../../../market/execution/fill.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { counts } from '../../soak.ts';
import { generateTape } from '../generated-tape.ts';
import { entriesOf, recordSession } from '../recorded-session.ts';
import { restlessPolicy, sessionSettings } from '../session/restless-policy.mjs';

const NUM_TAPES = counts(16, 100);

test(`${NUM_TAPES} sessions are the same when their tapes are replayed`, { timeout: 180_000 }, () => {
  const kinds = new Set<string>();
  let numFills = 0;
  for (let seed = 0; seed < NUM_TAPES; seed++) {
    const tape = generateTape(seed);
    for (const [kind] of tape) kinds.add(kind);
    const { difference, missing, assembled } = replayTape(entriesOf(tape), {
      venues: builtInVenues,
      policyFor: (_model, _createdMs, market) => restlessPolicy(market),
    });
    expect([seed, difference, missing]).toEqual([seed, undefined, []]);
    numFills += (assembled.market.account as { numFills: number }).numFills;
  }
  expect([...kinds]).toEqual(expect.arrayContaining(['halt', 'model', 'close-out', 'fill', 'state']));
  expect(numFills).toBeGreaterThan(10 * NUM_TAPES);
});

describe('a tape as a data set', () => {
  test('gives the books that the session saw, and the simulator trades on them as the session did', () => {
    const books = walkingBooks({ events: 1200, depth: 3 });
    const { env } = sessionSettings('trading', 'ws://127.0.0.1:1') as { env: object };
    const tape = recordSession({
      books,
      config: { ...sessionSettings('trading', 'ws://127.0.0.1:1'), seed: 3 },
      policyFor: (market) => restlessPolicy(market),
    });
    const data = readTapeData(entriesOf(tape), builtInVenues);
    expect(data.books.length).toBe(books.length);
    expect(data.notes).toEqual([]);
    const fills: Fill[] = [];
    const simulator = new BookTradingEnv({
      books: data.books,
      trades: data.trades,
      seed: 3,
      config: { ...env, episodeStart: 'sequential' },
      onFill: (fill) => fills.push({ ...fill }),
    });
    const policy = restlessPolicy(simulator as unknown as LiveMarket);
    let { observation } = simulator.reset();
    for (let isOver = false; !isOver; ) {
      const result = simulator.step(policy.act(observation, false) as Action);
      ({ observation } = result);
      isOver = result.terminated || result.truncated;
    }
    const decisions = tape.filter(([kind]) => kind === 'decision');
    const lastMs = decisions.at(-1)?.[1] ?? 0;
    const live = tape.filter(([kind, timeMs]) => kind === 'fill' && timeMs <= lastMs);
    expect(live.length).toBeGreaterThan(100);
    expect(live.map(([, timeMs, fill]) => ({ timeMs, ...(fill as object) }))).toEqual(
      fills.map(({ row: _, ...fill }) => fill),
    );
  });

  test('a tape without a whole book is refused', () => {
    const [header] = recordSession({
      books: walkingBooks({ events: 200, depth: 3 }),
      config: sessionSettings('trading', 'ws://127.0.0.1:1'),
      policyFor: (market) => restlessPolicy(market),
    });
    expect(() => readTapeData(entriesOf([header]), builtInVenues)).toThrow(
      /No book on the tape became complete/,
    );
    expect(() => readTapeData([], builtInVenues)).toThrow(/holds no record/);
  });
});
