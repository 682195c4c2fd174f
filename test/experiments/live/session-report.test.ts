/** What a session is summed up to, from its tape. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatSession, renderSession, summarizeSession } from '../../../experiments/live/session-report.ts';
import { readSessionStory, type SessionStory } from '../../../experiments/live/session-story.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { TapeWriter } from '../../../storage/tape-writer.ts';
import { recordSession, twoVenueBooks, VENUE_NAMES } from '../../live/recorded-session.ts';
import { TRADING_SCRIPT } from '../../live/scripted-run.ts';
import { walkingBooks } from '../../market/walking-books.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'market-gym-story-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function storyOf(records: readonly TapeRecord[]): Promise<SessionStory> {
  const tape = join(directory, 'tape');
  const writer = new TapeWriter(tape);
  for (const record of records) writer.append(record);
  await writer.close();
  return readSessionStory(tape);
}

const trading = (): TapeRecord[] => {
  const books = walkingBooks({ events: 600, depth: 3, seed: 2 });
  return recordSession({
    books: { ...books, venues: [{ name: 'bybit', base: 'BTC', quote: 'USDT' }] },
    config: TRADING_SCRIPT,
  });
};

test('a trading session is its decisions, fills, denials and costs, each counted from the tape', async () => {
  const records = trading();
  const story = await storyOf(records);
  const kinds = (kind: string) => records.filter(([name]) => name === kind);
  expect(story.numDecisions).toBe(kinds('decision').length);
  expect(story.numInputs).toBe(kinds('input').length);
  expect(story.totals.numFills).toBe(kinds('fill').length);
  const fees = kinds('fill').reduce((sum, [, , fill]) => sum + (fill as { fee: number }).fee, 0);
  expect(story.totals.fees).toBeCloseTo(fees, 9);
  const costs = story.rows.slice(1).reduce((sum, { costPaid }) => sum + costPaid, 0);
  expect(costs).toBeGreaterThan(0.5 * (story.totals.fees + story.totals.slippage));
  const denied = kinds('decision').filter(([, , , , reason]) => reason !== null).length;
  expect(Object.values(story.denials).reduce((sum, count) => sum + count, 0)).toBe(denied);
  for (const { equity, cash, position, price } of story.rows) {
    expect(cash + position * price).toBeCloseTo(equity, 6);
  }
  const summary = summarizeSession(story);
  const text = formatSession(summary);
  expect(text).toMatch(/equity +\d+\.\d\d USDT to \d+\.\d\d USDT \([+−]/);
  expect(text).toMatch(/round trips +\d+, profit −?\d+\.\d\d USDT, \d+ % of them won/);
  expect(text).toMatch(/(Edge|No edge) found.*its own mean exposure of/);
  const page = renderSession(story, summary) ?? '';
  expect(page).toContain('market-gym evaluate tape:');
  expect(page).not.toMatch(/(src|href)="https?:/);
});

test('the round trips of a session, made of its fills, sum to the change of its equity', async () => {
  const story = await storyOf(trading());
  const { account } = summarizeSession(story);
  const { trips, fills, actions } = account!.record!;
  expect(fills!.length).toBeGreaterThan(5);
  const gained = account!.equity[account!.equity.length - 1] - account!.equity[0];
  const profits = trips.reduce((sum, { profit }) => sum + profit, 0);
  expect(Math.abs(profits - gained) / account!.equity[0]).toBeLessThan(1e-9);
  expect(fills!.every(({ step, timeMs }) => account!.timeMs[step - 1] <= timeMs)).toBe(true);
  expect(actions[0]).toBeNaN();
  expect(actions[1]).not.toBeNaN();
});

test('an arbitrage session is summed up too, by legs and pairs', async () => {
  const story = await storyOf(
    recordSession({
      books: twoVenueBooks(300),
      config: {
        mode: 'arbitrage',
        markets: VENUE_NAMES.map((venue) => ({ venue, symbol: 'BTC/USDT' })),
        depth: 3,
        env: { warmupEvents: 40, takerFeeRates: [0.0001], decisionMs: 1000 },
        risk: { maxOrdersPerMinute: 10_000 },
      },
    }),
  );
  const summary = summarizeSession(story);
  expect(story.numDecisions).toBeGreaterThan(50);
  expect(renderSession(story, summary)).toContain('buy-and-hold');
  const times = story.rows.map(({ timeMs }) => timeMs);
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
});

test('a session without decisions is told as such, and has no page', async () => {
  const records = trading().slice(0, 5);
  const story = await storyOf(records);
  const summary = summarizeSession(story);
  expect(summary.verdict.text).toBe('No edge found: too few decisions to tell: no decision was made.');
  expect(renderSession(story, summary)).toBeUndefined();
});

test('a halted session says why', async () => {
  const books = walkingBooks({ events: 300, depth: 3, seed: 2 });
  const story = await storyOf(
    recordSession({
      books: { ...books, venues: [{ name: 'bybit', base: 'BTC', quote: 'USDT' }] },
      config: TRADING_SCRIPT,
      before: (event, take, timeMs) => {
        if (event === 250) take(['halt', timeMs, 'by hand']);
      },
    }),
  );
  expect(formatSession(summarizeSession(story))).toContain('halted: by hand');
});
