/** What is on a tape, and what others make of it: a new process, the simulator, a client of the server. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { BookTradingEnv } from '../../../envs/book-trading.ts';
import type { Action } from '../../../envs/spaces.ts';
import type { LiveMarket } from '../../../live/session/live-market.ts';
import { readTapeData } from '../../../live/tape/data.ts';
import { builtInVenues } from '../../../live/venues/index.ts';
import type { Fill } from '../../../market/execution/fill.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { TapeWriter } from '../../../storage/tape-writer.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { entriesOf, recordSession, VENUE_NAMES } from '../recorded-session.ts';
import { restlessPolicy, sessionSettings } from '../session/restless-policy.mjs';

const directory = mkdtempSync(join(tmpdir(), 'market-gym-replay-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const NUM_TAPES = 100;

/** A tape of either mode, with lost connections, halts and other models on it. */
function generateTape(seed: number): TapeRecord[] {
  const rng = createRng(seed);
  const mode = seed % 2 === 0 ? 'trading' : 'arbitrage';
  const books =
    mode === 'trading'
      ? walkingBooks({ events: 200, depth: 3, seed })
      : new SyntheticVenues({
          events: 200,
          venues: VENUE_NAMES.map((name) => ({ name, intervalMs: 400, basisDeviationBps: 15, spreadBps: 4 })),
        }).generate(createRng(seed));
  const settings = sessionSettings(mode, 'ws://127.0.0.1:1');
  const event = rng.integer(150);
  const trouble = rng.integer(5);
  return recordSession({
    books: {
      ...books,
      venues: VENUE_NAMES.slice(0, books.venues.length).map((name) => ({ name, base: 'BTC', quote: 'USDT' })),
    },
    config: { ...settings, seed },
    policyFor: (market) => restlessPolicy(market),
    before(at, take, timeMs) {
      if (at === event && trouble === 0) take(['input', timeMs, 0, 'close', 'gone']);
      if (at === event + 20 && trouble === 0) take(['input', timeMs, 0, 'open']);
      if (at === event && trouble === 1) take(['halt', timeMs, 'by hand']);
      if (at === event && trouble === 2) take(['model', timeMs, 'other', timeMs]);
      if (at === event && trouble === 3) take(['close-out', timeMs]);
      if (at === event && trouble === 4) take(['input', timeMs, 0, 'frame', '{"half']);
    },
  });
}

test(`${NUM_TAPES} sessions are the same in another process, byte for byte`, {
  timeout: 180_000,
}, async () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < NUM_TAPES; seed++) {
    const writer = new TapeWriter(join(directory, String(seed).padStart(3, '0')), { segmentBytes: 50_000 });
    for (const record of generateTape(seed)) {
      kinds.add(record[0]);
      writer.append(record);
    }
    await writer.close();
  }
  expect([...kinds]).toEqual(expect.arrayContaining(['halt', 'model', 'close-out', 'fill', 'state']));
  const program = fileURLToPath(new URL('./replay-many.mjs', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [program, directory], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  expect(stderr).toBe('');
  const outcomes = JSON.parse(stdout) as { [key: string]: number | null }[];
  expect(outcomes.length).toBe(NUM_TAPES);
  expect(outcomes.filter(({ difference, numMissing }) => difference !== null || numMissing !== 0)).toEqual(
    [],
  );
  expect(outcomes.reduce((sum, { numFills }) => sum + Number(numFills), 0)).toBeGreaterThan(1000);
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
