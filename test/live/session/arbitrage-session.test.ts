import { expect, test } from 'vitest';
import { ArbitrageEnv } from '../../../envs/arbitrage.ts';
import type { Action } from '../../../envs/spaces.ts';
import type { LiveMarket } from '../../../live/session/live-market.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import type { LegReport, SentLeg } from '../../../market/arbitrage/venue-desk.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { entriesOf, maskedHashPolicy, recordSession, twoVenueBooks } from '../recorded-session.ts';

const books = twoVenueBooks(3000);
const ENV = { warmupEvents: 100, latencyMs: [150], latencySigma: 0.5, takerFeeRates: [0.0001] };
const CONFIG = {
  mode: 'arbitrage',
  markets: [
    { venue: 'bybit', symbol: 'BTC/USDT' },
    { venue: 'okx', symbol: 'BTC/USDT' },
  ],
  depth: books.depth,
  risk: { maxOrdersPerMinute: 100_000, maxDrawdown: 1 },
  seed: 5,
};

test.each([
  ['at every event', { decisionMs: 0 }],
  ['every two seconds', { decisionMs: 2000 }],
  ['continuously', { decisionMs: 0, actions: 'continuous' }],
] as const)(
  'arbitrage decided %s trades as the simulator does on the same books, bit for bit',
  (_, change) => {
    const env = { ...ENV, ...change };
    const seen: number[][] = [];
    const tape = recordSession({
      books,
      config: { ...CONFIG, env },
      policyFor: maskedHashPolicy,
      onDecision: ({ step }) => seen.push([...step.observation, step.reward]),
    });
    const orders: SentLeg[] = [];
    const reports: LegReport[] = [];
    const simulator = new ArbitrageEnv({
      books,
      seed: CONFIG.seed,
      config: { ...env, episodeStart: 'sequential' },
      onSend: (order) => orders.push({ ...order }),
      onReport: (report) => reports.push({ ...report }),
    });
    const policy = maskedHashPolicy(simulator as unknown as LiveMarket);
    const simulated: number[][] = [];
    let { observation } = simulator.reset();
    simulated.push([...observation, 0]);
    for (let isOver = false; !isOver; ) {
      const result = simulator.step(policy.act(observation, false, simulator.actionMask?.()) as Action);
      ({ observation } = result);
      simulated.push([...observation, result.reward]);
      isOver = result.terminated || result.truncated;
    }
    const length = Math.min(seen.length, simulated.length);
    expect(Math.abs(seen.length - simulated.length)).toBeLessThanOrEqual(1);
    expect(length).toBeGreaterThan(300);
    expect(seen.slice(0, length)).toEqual(simulated.slice(0, length));
    const fills = tape.filter(([kind]) => kind === 'fill');
    expect(fills.length).toBeGreaterThan(50);
    const live = fills.map(([, timeMs, report]) => ({ timeMs, ...(report as object) }));
    expect(live).toEqual(reports.slice(0, live.length));
    expect(reports.length - live.length).toBeLessThanOrEqual(4);
    const sent = tape
      .filter(([kind]) => kind === 'order')
      .map(([, timeMs, order]) => ({ timeMs, ...(order as object) }));
    // One of them may decide once more at the end.
    const common = Math.min(sent.length, orders.length);
    expect(Math.max(sent.length, orders.length) - common).toBeLessThanOrEqual(2);
    expect(sent.slice(0, common)).toEqual(orders.slice(0, common));
    // A report is of the order that arrives at its time.
    for (const { venue, side, filled, timeMs } of reports) {
      const order = orders.find((order) => order.arrivalMs === timeMs && order.venue === venue);
      expect(order?.side).toBe(side);
      expect(filled).toBeLessThanOrEqual(order?.size ?? 0);
    }
  },
);

test('an arbitrage session is repeated by its tape to the byte, a lost venue included', () => {
  const tape: TapeRecord[] = recordSession({
    books,
    config: { ...CONFIG, env: ENV },
    policyFor: maskedHashPolicy,
    before(event, take, timeMs) {
      if (event === 1500) take(['input', timeMs, 1, 'close', 'gone']);
      if (event === 1800) take(['input', timeMs, 1, 'open']);
    },
  });
  const outcome = replayTape(entriesOf(tape), {
    venues: builtInVenues,
    policyFor: (_model, _createdMs, market) => maskedHashPolicy(market),
  });
  expect(outcome.difference).toBeUndefined();
  const lostMs = books.timeMs[1500];
  const backMs = books.timeMs[1800];
  const without = tape.filter(([kind, timeMs]) => kind === 'decision' && timeMs > lostMs && timeMs < backMs);
  expect(without.length).toBeGreaterThan(50);
  for (const decision of without) expect(decision[4]).toBe('bad-book');
});
