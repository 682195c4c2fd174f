/**
 * Sessions in virtual time to which anything happens: nothing is thrown, accounts add up, what is halted is halted again by
 * its tape, and a tape repeats itself, also from a checkpoint in its middle.
 */
import { describe, expect, test } from 'vitest';
import type { AgentPlugin } from '../../../agents/agent.ts';
import { dqn } from '../../../agents/dqn.ts';
import { ppo } from '../../../agents/ppo.ts';
import { buyAndHold } from '../../../agents/rules/buy-and-hold.ts';
import { edgeThreshold } from '../../../agents/rules/edge-threshold.ts';
import { edgeTrailing } from '../../../agents/rules/edge-trailing.ts';
import { random } from '../../../agents/rules/random.ts';
import { sac } from '../../../agents/sac.ts';
import { stateToText } from '../../../core/plain-state.ts';
import { createRng, type Rng } from '../../../core/rng.ts';
import type { VenueInput } from '../../../live/connection/venue.ts';
import { type Assembled, assemble, headerRecord } from '../../../live/session/assemble.ts';
import { checkpointRecord, saveSession } from '../../../live/session/checkpoint.ts';
import { resolveLiveConfig } from '../../../live/session/config.ts';
import type { LiveMarket } from '../../../live/session/live-market.ts';
import { agentPolicy, type LivePolicy } from '../../../live/session/policy.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { counts } from '../../soak.ts';
import { entriesOf, hashPolicy } from '../recorded-session.ts';

const NUM_SESSIONS = counts(12, 2000);
const NUM_BOOKS = 160;
const START_MS = 1_700_000_000_000;

type PolicyFor = (market: LiveMarket) => LivePolicy;

const agentOf =
  (plugin: AgentPlugin, settings: object = {}): PolicyFor =>
  (market) => {
    const { observationSpace, actionSpace } = market;
    const masksActions = market.actionMask !== undefined;
    const rng = createRng(1);
    const context = { observationSpace, actionSpace, masksActions, numEnvs: 1, rng, totalSteps: Infinity };
    return agentPolicy(plugin.build(context, settings as never), actionSpace, 'fuzz', Number.NaN);
  };

/** One that fails now and then, each in its own way. */
const rogue: PolicyFor = (market) => {
  const steady = hashPolicy(market);
  return {
    ...steady,
    act(observation, isStart, mask) {
      const action = steady.act(observation, isStart, mask);
      const dice = Math.abs(Math.floor(1000 * (observation[observation.length - 3] || 0.377))) % 17;
      if (dice === 3) throw new Error('no idea');
      if (dice === 5) return Number.NaN;
      if (dice === 7) return -1;
      return action;
    },
  };
};

const TINY = { hidden: [8] };
const POLICIES: Readonly<Record<'trading' | 'arbitrage', readonly PolicyFor[]>> = {
  trading: [
    hashPolicy,
    rogue,
    agentOf(random as AgentPlugin, { changeProbability: 0.4 }),
    agentOf(buyAndHold as AgentPlugin),
    agentOf(ppo as AgentPlugin, TINY),
    agentOf(dqn as AgentPlugin, { ...TINY, bufferSize: 64, batchSize: 16 }),
    agentOf(sac as AgentPlugin, { ...TINY, bufferSize: 64, batchSize: 16 }),
  ],
  arbitrage: [
    hashPolicy,
    rogue,
    agentOf(random as AgentPlugin),
    agentOf(edgeThreshold as AgentPlugin, { thresholdBps: [1] }),
    agentOf(edgeTrailing as AgentPlugin, { entryBps: 2, trailingBps: 1, targetBps: 0, feeRate: 0.0005 }),
    agentOf(ppo as AgentPlugin, TINY),
  ],
};

interface Played {
  readonly records: TapeRecord[];
  /** Balances at the first decision, and the fills that are in them already; undefined where nothing was decided. */
  readonly opening: { readonly held: Record<string, number>; readonly numFills: number } | undefined;
  readonly assembled: Assembled;
  readonly policyFor: (model: string, createdMs: number, market: LiveMarket) => LivePolicy;
}

function play(seed: number): Played {
  const rng = createRng(`fuzz ${seed}`);
  const mode = rng.uniform() < 0.5 ? 'trading' : 'arbitrage';
  const isWild = rng.uniform() < 0.5;
  const leverage = 1 + rng.integer(20);
  const policies = POLICIES[mode];
  const policy = policies[rng.integer(policies.length)];
  const policyFor = (_model: string, _createdMs: number, market: LiveMarket) => policy(market);
  const env =
    mode === 'trading'
      ? {
          barMs: 1000,
          features: ['return:1', 'volatility:3'],
          normalize: rng.uniform() < 0.5 ? 'none' : 'rolling',
          normalizationBars: 4,
          window: 2,
          maxLeverage: leverage,
          levels: [-leverage, 0, leverage],
          latencyMs: rng.integer(3) * 300,
          latencySigma: rng.integer(2),
          lotSize: rng.integer(2) * 1e-4,
          minNotional: rng.integer(2) * 10,
        }
      : {
          warmupEvents: 10,
          decisionMs: rng.integer(2) * 500,
          latencyMs: [rng.integer(3) * 200],
          legPolicy: ['cancel', 'reverse', 'proceed'][rng.integer(3)],
          maxEdgeRate: 1,
          valuation: ['hedged', 'outright'][rng.integer(2)],
          outageEveryMs: rng.integer(2) * 20_000,
        };
  const venues = mode === 'trading' ? ['bybit'] : ['bybit', 'okx'];
  const config = resolveLiveConfig({
    mode,
    markets: venues.map((venue) => ({ venue, symbol: 'BTC/USDT', settings: { resyncBudget: 1e9 } })),
    channels: ['book', 'trades'],
    depth: 3,
    env,
    risk: {
      maxDrawdown: [0.05, 0.5, 1][rng.integer(3)],
      maxExposure: leverage,
      onBadBook: ['hold', 'flatten'][rng.integer(2)],
    },
    seed,
  });
  const header = { config, model: 'fuzz', modelCreatedMs: Number.NaN };
  const records: TapeRecord[] = [headerRecord(header, START_MS)];
  let opening: Played['opening'];
  const assembled: Assembled = assemble(header, {
    venues: builtInVenues,
    policyFor,
    record: (record) => void records.push(structuredClone(record)),
    onDecision: ({ index }) => {
      if (index > 0) return;
      const held = { ...(assembled.market.describe() as Record<string, number>) };
      opening = { held, numFills: records.filter(([kind]) => kind === 'fill').length };
    },
  });
  const { session, venueSessions } = assembled;
  let timeMs = START_MS;
  const ids = venues.map(() => 1);
  const input = (source: number, value: VenueInput) => {
    session.takeInput(source, value, timeMs);
    venueSessions[source].handle(value, timeMs);
  };
  for (const source of venues.keys()) input(source, { kind: 'open' });
  const mids = venues.map(() => 50_000);
  const checkpointAt = rng.integer(NUM_BOOKS);
  for (let n = 0; n < NUM_BOOKS; n++) {
    timeMs += rng.integer(400);
    const source = rng.integer(venues.length);
    mids[source] *= mildStep(rng);
    if (rng.uniform() < 0.02) input(source, { kind: 'close', reason: 'gone' });
    if (rng.uniform() < 0.03) input(source, { kind: 'open' });
    if (rng.uniform() < 0.05) session.tick(timeMs);
    if (rng.uniform() < 0.003) session.halt('by hand', timeMs);
    if (rng.uniform() < 0.01) session.closeOut(timeMs);
    if (n === checkpointAt) {
      const place = { index: records.length, numInputs: 0 };
      const checkpoint = checkpointRecord(assembled, header, place, session.timeMs);
      if (checkpoint !== undefined) records.push(JSON.parse(JSON.stringify(checkpoint)));
    }
    const levels =
      isWild && rng.uniform() < 0.15 ? wildLevels(rng, mids[source]) : mildLevels(rng, mids[source]);
    input(source, { kind: 'frame', text: bookText(venues[source], levels, timeMs, ids[source]++) });
    if (rng.uniform() < 0.2)
      input(0, { kind: 'frame', text: tradeText(isWild ? wildNumber(rng) : '0.5', timeMs) });
  }
  return { records, opening, assembled, policyFor };
}

/** Small steps, and now and then a jump by up to a half or to the double. */
function mildStep(rng: Rng): number {
  if (rng.uniform() < 0.01) return 0.5 + 1.5 * rng.uniform();
  return 1 + 0.002 * rng.gaussian();
}

type Levels = readonly [bids: string[][], asks: string[][]];

function mildLevels(rng: Rng, mid: number): Levels {
  const side = (sign: number) =>
    Array.from({ length: 3 }, (_, k) => [
      String(mid * (1 + sign * 1e-4 * (k + 1))),
      String(rng.uniform() * (sign > 0 ? 0.05 : 2)),
    ]);
  return [side(-1), rng.uniform() < 0.03 ? [] : side(1)];
}

function wildNumber(rng: Rng): string {
  const kinds = [
    '0',
    '-1',
    '1e-300',
    '5e-324',
    '1e308',
    '1e17',
    'NaN',
    '',
    '1e-15',
    '1e15',
    '0.000000001',
    '999999999999',
  ];
  return kinds[rng.integer(kinds.length)];
}

function wildLevels(rng: Rng, mid: number): Levels {
  const level = () => [
    rng.uniform() < 0.5 ? wildNumber(rng) : String(mid * 10 ** (rng.integer(9) - 4)),
    rng.uniform() < 0.5 ? wildNumber(rng) : '1',
  ];
  return [[level(), level()], [level()]];
}

function bookText(venue: string, [bids, asks]: Levels, timeMs: number, id: number): string {
  if (venue === 'okx') {
    const rows = (levels: string[][]) => levels.map(([price, size]) => [price, size, '0', '1']);
    const data = [
      { bids: rows(bids), asks: rows(asks), ts: String(timeMs), checksum: 0, prevSeqId: -1, seqId: id },
    ];
    return JSON.stringify({ arg: { channel: 'books', instId: 'BTC-USDT' }, action: 'snapshot', data });
  }
  const data = { s: 'BTCUSDT', b: bids, a: asks, u: id + 1, seq: id };
  return JSON.stringify({ topic: 'orderbook.50.BTCUSDT', type: 'snapshot', ts: timeMs, cts: timeMs, data });
}

function tradeText(size: string, timeMs: number): string {
  const data = [{ T: timeMs, s: 'BTCUSDT', S: 'Buy', v: size, p: '50000', i: 'x' }];
  return JSON.stringify({ topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: timeMs, data });
}

/** What the fills say must be what the account holds. */
function expectAddsUp({ records, opening, assembled }: Played): void {
  const fills = records
    .filter(([kind]) => kind === 'fill')
    .map(([, , detail]) => detail as Record<string, number>);
  const held = assembled.market.describe() as Record<string, number>;
  const near = (value: number, expected: number, scale: number) =>
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, scale));
  if (held.position !== undefined) {
    let base = 0;
    let cash = assembled.market.account.initialEquity;
    let turnover = cash;
    for (const fill of fills) {
      base += fill.baseChange;
      cash += fill.cashChange;
      turnover += fill.notional;
    }
    near(held.position, base, Math.abs(base) + turnover / Math.max(1e-9, held.price));
    near(held.cash, cash, turnover);
    return;
  }
  let fees = 0;
  for (const fill of fills) fees += fill.fee;
  near(held.fees, fees, 1 + fees);
  if (opening === undefined) {
    expect(fills).toEqual([]);
    return;
  }
  // Base and quote of each venue are what they were and what its fills moved; fees are all that leaves.
  const expected = { ...opening.held };
  const moved: Record<string, number> = {};
  for (const { venue, side, filled, notional, fee } of fills.slice(opening.numFills)) {
    expected[`base ${venue}`] += side * filled;
    expected[`quote ${venue}`] -= side * notional + fee;
    moved[`base ${venue}`] = (moved[`base ${venue}`] ?? 0) + filled;
    moved[`quote ${venue}`] = (moved[`quote ${venue}`] ?? 0) + notional;
  }
  let [before, after, turnover] = [0, 0, 0];
  for (const [key, balance] of Object.entries(held)) {
    if (!/^(base|quote) /.test(key)) continue;
    const scale = Math.abs(opening.held[key]) + (moved[key] ?? 0);
    near(balance, expected[key], scale);
    expect(balance).toBeGreaterThanOrEqual(-1e-9 * Math.max(1, scale));
    if (key.startsWith('quote')) {
      before += opening.held[key];
      after += balance;
      turnover += scale;
    }
  }
  // What all venues have less is what was paid for what they have more of, and the fees.
  let paid = 0;
  for (const { side, notional, fee } of fills.slice(opening.numFills)) paid += side * notional + fee;
  near(after, before - paid, turnover);
}

describe(`${NUM_SESSIONS} sessions to which anything happens`, () => {
  test('throw nothing, add up, and are repeated by their tapes, halted where they were', {
    timeout: 1_200_000,
  }, () => {
    const seen = { halted: 0, faults: 0, fills: 0, checkpoints: 0, rejected: 0 };
    for (let seed = 0; seed < NUM_SESSIONS; seed++) {
      const played = play(seed);
      const { records, assembled, policyFor } = played;
      const { session } = assembled;
      expectAddsUp(played);
      expect(Number.isFinite(assembled.market.account.equity)).toBe(true);
      const options = { venues: builtInVenues, policyFor };
      const whole = replayTape(entriesOf(records), options);
      expect([seed, whole.difference]).toEqual([seed, undefined]);
      expect(whole.assembled.session.guard.haltReason).toBe(session.guard.haltReason);
      expect(whole.assembled.session.fault).toBe(session.fault);
      const at = records.findIndex(([kind]) => kind === 'checkpoint');
      if (at >= 0) {
        const late = replayTape(entriesOf(records.slice(at)), options);
        expect([seed, late.difference]).toEqual([seed, undefined]);
        expect(late.assembled.session.guard.haltReason).toBe(session.guard.haltReason);
        const [ours, theirs] = [saveSession(late.assembled), saveSession(assembled)];
        if (theirs !== undefined) expect(stateToText(ours!)).toBe(stateToText(theirs));
        seen.checkpoints++;
      }
      seen.halted += Number(session.guard.state === 'halted');
      seen.faults += Number(session.fault !== undefined);
      seen.fills += records.filter(([kind]) => kind === 'fill').length;
      seen.rejected += records.filter(([kind, , , event]) => kind === 'event' && event === 'rejected').length;
    }
    // It means something only where much happened.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
    expect(seen.fills).toBeGreaterThan(3 * NUM_SESSIONS);
  });
});
