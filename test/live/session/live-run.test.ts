/** What a run does with time and its tape, on a clock that is moved by hand and a network that is silent. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SocketHandlers, Transport } from '../../../live/connection/transport.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { resolveLiveConfig } from '../../../live/session/config.ts';
import { LiveRun, type LiveRunOptions } from '../../../live/session/live-run.ts';
import { bookFrame } from '../../../live/tape/book-frames.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import { readTape, type TapeRecord } from '../../../storage/tape.ts';
import { TapeWriter } from '../../../storage/tape-writer.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { hashPolicy } from '../recorded-session.ts';

const START_MS = 1_700_000_000_000;
const books = walkingBooks({ events: 10, depth: 3 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-live-run-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** The book of the beginning is good for as long as a test runs. */
const PATIENT = { rotateAfterMs: 1e9, silenceMs: 1e9, staleAfterMs: 1e9, streamDeadlineMs: 1e9 };

function create(
  change: { leftOver?: string; latencyMs?: number } = {},
  policyFor: LiveRunOptions['policyFor'] = (model, createdMs, market) => hashPolicy(market, model, createdMs),
  startMs = 0,
  isRestless = false,
  outerLimit?: LiveRunOptions['outerLimit'],
) {
  const clock = new VirtualClock(START_MS + startMs);
  let looked = 0;
  // A clock that goes on between two looks, as the machine's does.
  if (isRestless) clock.nowMs = clock.monotonicMs = () => START_MS + startMs + 0.25 * looked++;
  const sockets: SocketHandlers[] = [];
  const transport: Transport = {
    connect(_url, _options, handlers) {
      sockets.push(handlers);
      return { send() {}, terminate() {} };
    },
    get: () => () => {},
  };
  const records: TapeRecord[] = [];
  const config = resolveLiveConfig({
    mode: 'trading',
    markets: [{ venue: 'bybit', symbol: 'BTC/USDT', settings: PATIENT }],
    channels: ['book'],
    depth: 3,
    leftOver: change.leftOver ?? 'keep',
    env: {
      barMs: 2000,
      features: ['return:1'],
      normalize: 'none',
      window: 1,
      staleMs: 1e9,
      latencyMs: change.latencyMs ?? 250,
    },
  });
  const run = new LiveRun({
    header: { config, model: 'hash', modelCreatedMs: Number.NaN },
    venues: builtInVenues,
    policyFor,
    clock,
    transport,
    tape: join(folder, 'tape'),
    outerLimit,
    onRecord: (record) => records.push(structuredClone(record)),
  });
  return {
    run,
    records,
    sockets,
    clock,
    runTo: (ms: number) => clock.runUntil(START_MS + ms),
    numPending: () => clock.numPending,
    times: (kind: string) => records.filter(([name]) => name === kind).map(([, timeMs]) => timeMs - START_MS),
  };
}

test('the tape is brought to the disk once a second, from the start to the stop', async () => {
  const sync = vi.spyOn(TapeWriter.prototype, 'syncInBackground');
  const { run, runTo, numPending } = create();
  runTo(3000);
  expect(sync).not.toHaveBeenCalled();
  run.start();
  run.start();
  runTo(3999);
  expect(sync).not.toHaveBeenCalled();
  runTo(7000);
  expect(sync).toHaveBeenCalledTimes(4);
  await run.stop();
  expect([run.isRunning, numPending()]).toEqual([false, 0]);
  runTo(20_000);
  expect(sync).toHaveBeenCalledTimes(4);
});

test('decisions that no event brings about are made when they are due', async () => {
  const { run, runTo, sockets, times, records } = create();
  run.start();
  sockets[0].open();
  sockets[0].text(bookFrame(books, 0, 0, 'BTC/USDT'));
  runTo(9000);
  // Bars of two seconds, from the first book on; the first ones have no return yet.
  const due = [2000, 4000, 6000, 8000];
  expect(times('tick')).toEqual(due);
  expect(times('decision')).toEqual(due.slice(4 - times('decision').length));
  expect(times('decision').length).toBeGreaterThanOrEqual(2);
  const lags = records.filter(([kind]) => kind === 'decision').map(([, , , , reason]) => reason);
  expect(lags).not.toContain('late');
  await run.stop();
});

test('a run that is stopped hears nothing more, and what it was told before is on its tape', async () => {
  const { run, sockets, records } = create();
  run.start();
  sockets[0].open();
  run.note('a remark');
  run.halt('by hand');
  await run.stop();
  const { length } = records;
  sockets[0].text(bookFrame(books, 0, 0, 'BTC/USDT'));
  expect(records).toHaveLength(length);
  expect([...readTape(join(folder, 'tape'))].map(({ record }) => record)).toEqual(records);
  expect(records.map(([kind]) => kind)).toEqual(expect.arrayContaining(['session', 'input', 'note', 'halt']));
});

test('what is decided or said is on the tape at once, frames when there is time', async () => {
  const { run, sockets } = create();
  const onTape = () => readFileSync(join(folder, 'tape', '000001.jsonl'), 'utf8');
  run.start();
  sockets[0].open();
  const before = onTape();
  sockets[0].text(bookFrame(books, 0, 0, 'BTC/USDT'));
  expect(onTape()).toBe(before);
  run.note('a remark');
  expect(onTape()).toContain('a remark');
  expect(onTape()).toContain('orderbook');
  await run.stop();
});

describe('a session that goes on', () => {
  // What the policy wants (levels −1, 0, 1), and how long its order travels; the run ends 500 ms after the decision.
  test.each<[rule: string, leftOver: string, choice: number, latencyMs: number, closes: boolean]>([
    ['closes what it finds open, where it is to', 'close', 2, 0, true],
    ['closes what an order under way will open', 'close', 0, 60_000, true],
    ['has nothing to close where nothing is open', 'close', 1, 0, false],
    ['keeps what it finds open, where it is to', 'keep', 2, 0, false],
  ])('%s', async (_, leftOver, choice, latencyMs, closes) => {
    const policyFor: LiveRunOptions['policyFor'] = (model, createdMs) => ({
      model,
      createdMs,
      act: () => choice,
    });
    const first = create({ leftOver, latencyMs }, policyFor);
    first.run.start();
    first.sockets[0].open();
    first.sockets[0].text(bookFrame(books, 0, 0, 'BTC/USDT'));
    first.runTo(6500);
    const { exposure, numOrders } = first.run.market.account;
    expect([Math.sign(exposure), numOrders]).toEqual([
      latencyMs === 0 ? choice - 1 : 0,
      latencyMs === 0 ? 0 : 1,
    ]);
    await first.run.stop();
    const second = create({ leftOver, latencyMs }, policyFor, 6600);
    expect(second.run.recovery).toMatchObject({ closes, exposure, numOrders, numMissing: 0 });
    expect(second.records.map(([kind]) => kind).includes('close-out')).toBe(closes);
    await second.run.stop();
  });
});

describe('decisions that nobody was there to make', () => {
  /** A session that has traded, is stopped at 6500 ms, and goes on so many milliseconds later. */
  async function goOnAfter(pauseMs: number, isRestless = false) {
    const first = create();
    first.run.start();
    first.sockets[0].open();
    first.sockets[0].text(bookFrame(books, 0, 0, 'BTC/USDT'));
    first.runTo(6500);
    const { numDecisions } = first.run.session;
    await first.run.stop();
    const second = create({}, undefined, 6500 + pauseMs, isRestless);
    return { ...second, numBefore: numDecisions };
  }

  test.each([
    // Bars of two seconds: the next decision was due at 8000.
    [11_400, 0, 5],
    [11_600, 6, 0],
    [10 * 86_400_000, 432_000, 0],
  ])('in a pause of %s ms are left out when the pause was one: %s', async (pauseMs, numSkipped, numMade) => {
    const { run, records, numBefore, sockets, runTo } = await goOnAfter(pauseMs);
    expect(run.recovery).toMatchObject({ numSkipped });
    expect(records.filter(([kind]) => kind === 'skip').map(([, , count]) => count)).toEqual(
      numSkipped === 0 ? [] : [numSkipped],
    );
    expect(run.session.numDecisions - numBefore).toBe(numMade);
    // It goes on with the first bar that is seen from its beginning.
    run.start();
    sockets[0].open();
    sockets[0].text(bookFrame(books, 1, 0, 'BTC/USDT'));
    runTo(6500 + pauseMs + 4000);
    expect(run.session.numDecisions - numBefore - numMade).toBe(numSkipped === 0 ? 2 : 1);
    await run.stop();
    const outcome = replayTape(readTape(join(folder, 'tape')), {
      venues: builtInVenues,
      policyFor: (model, createdMs, market) => hashPolicy(market, model, createdMs),
    });
    expect(outcome.difference).toBeUndefined();
  });

  test('are left out at the time of what is on the tape, which a venue takes too', async () => {
    const { run } = await goOnAfter(60_000, true);
    expect(run.connections[0].session.save()).toMatchObject({ timeMs: run.session.timeMs });
    await run.stop();
  });

  test('are left out by a process that stood still', async () => {
    const { run, sockets, runTo, records, clock } = create();
    run.start();
    sockets[0].open();
    sockets[0].text(bookFrame(books, 0, 0, 'BTC/USDT'));
    runTo(6500);
    const { numDecisions } = run.session;
    clock.standUntil(START_MS + 60_000);
    runTo(60_000);
    expect(records.filter(([kind]) => kind === 'skip').map(([, , count]) => count)).toEqual([27]);
    runTo(63_900);
    expect(run.session.numDecisions - numDecisions).toBe(0);
    runTo(64_100);
    expect(run.session.numDecisions - numDecisions).toBe(1);
    await run.stop();
  });
});

test('what others leave a session is asked before each decision, on its tape where it changes, and repeated without them', async () => {
  const asked: number[] = [];
  const outerLimit = (timeMs: number) => {
    asked.push(timeMs - START_MS);
    return { maxExposure: timeMs - START_MS < 7000 ? 0.25 : Infinity, mayOrder: true };
  };
  const long: LiveRunOptions['policyFor'] = (model, createdMs) => ({ model, createdMs, act: () => 2 });
  const { run, runTo, sockets, records } = create({}, long, 0, false, outerLimit);
  run.start();
  sockets[0].open();
  sockets[0].text(bookFrame(books, 0, 0, 'BTC/USDT'));
  runTo(9000);
  await run.stop();
  expect(asked).toEqual([2000, 4000, 6000, 8000]);
  expect(
    records.filter(([kind]) => kind === 'limit').map(([, timeMs, ...body]) => [timeMs - START_MS, ...body]),
  ).toEqual([
    [2000, 0.25, true],
    [8000, null, true],
  ]);
  const rulings = records
    .filter(([kind]) => kind === 'decision')
    .map(([, timeMs, , , reason]) => [timeMs - START_MS, reason]);
  expect(rulings.slice(-2)).toEqual([
    [6000, 'total-exposure'],
    [8000, null],
  ]);
  const outcome = replayTape(readTape(join(folder, 'tape')), { venues: builtInVenues, policyFor: long });
  expect(outcome.difference).toBeUndefined();
});
