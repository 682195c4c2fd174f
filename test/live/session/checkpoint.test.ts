/** What goes on from a checkpoint is what was read from the beginning, to the bit: sessions of both modes, venues of every kind. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { edgeTrailing } from '../../../agents/rules/edge-trailing.ts';
import { random } from '../../../agents/rules/random.ts';
import { stateFromText, stateToText } from '../../../core/plain-state.ts';
import { createRng } from '../../../core/rng.ts';
import { VenueConnection } from '../../../live/connection/connection.ts';
import type { VenueInput } from '../../../live/connection/venue.ts';
import { VenueSession } from '../../../live/connection/venue-session.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { assemble, readHeader } from '../../../live/session/assemble.ts';
import {
  checkpointRecord,
  readCheckpoint,
  restoreSession,
  saveSession,
} from '../../../live/session/checkpoint.ts';
import type { LiveMarket } from '../../../live/session/live-market.ts';
import { agentPolicy, type LivePolicy } from '../../../live/session/policy.ts';
import { isInput, replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import { readTape, type TapeRecord } from '../../../storage/tape.ts';
import { lastCheckpoint } from '../../../storage/tape-place.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { counts } from '../../soak.ts';
import { FakeMarket } from '../fake-market.ts';
import { FakeNetwork, MANY_FAULTS } from '../fake-network.ts';
import { generateTape } from '../generated-tape.ts';
import { entriesOf, hashPolicy } from '../recorded-session.ts';
import { scriptedRun, TRADING_SCRIPT } from '../scripted-run.ts';
import { dialects } from '../venues/dialects.ts';
import { restlessPolicy } from './restless-policy.mjs';

const policyFor = (_model: string, _createdMs: number, market: LiveMarket): LivePolicy =>
  restlessPolicy(market);

/** Repeats the inputs of a tape; at each of `cuts` another session takes over, from a checkpoint that went through JSON. */
function repeatWithCuts(records: readonly TapeRecord[], cuts: ReadonlySet<number>, policies = policyFor) {
  const outputs: string[] = [];
  const begin = (header = readHeader(records[0]), model = header.model) =>
    assemble(
      { ...header, model },
      {
        venues: builtInVenues,
        policyFor: policies,
        record: (record) => {
          if (!isInput(record)) outputs.push(JSON.stringify(record));
        },
      },
    );
  let current = begin();
  let numChanges = 0;
  for (const [index, record] of records.slice(1).entries()) {
    if (!isInput(record)) continue;
    if (cuts.has(index)) {
      const header = readHeader(records[0]);
      const place = { index, numInputs: index };
      const checkpoint = checkpointRecord(current, header, place, current.session.timeMs);
      if (checkpoint !== undefined) {
        const { state, model } = readCheckpoint(JSON.parse(JSON.stringify(checkpoint)));
        const before = saveSession(current)!;
        current = begin(header, model);
        restoreSession(current, state);
        expect(stateToText(saveSession(current)!)).toBe(stateToText(before));
        numChanges++;
      }
    }
    current.repeat(record);
  }
  const state = saveSession(current);
  return { outputs, numChanges, state: state === undefined ? '' : stateToText(state) };
}

describe('a session that is taken over from checkpoints', () => {
  const numTapes = counts(8, 100);
  /** Not all: a session that has ended has nothing to take over. */
  let numTaken = 0;

  test.each(Array.from({ length: numTapes }, (_, seed) => seed))(
    'goes on to the same bits: tape %d',
    (seed) => {
      const records = generateTape(seed);
      const rng = createRng(`cuts ${seed}`);
      const cuts = new Set(Array.from({ length: 12 }, () => rng.integer(records.length)));
      const whole = repeatWithCuts(records, new Set());
      const cut = repeatWithCuts(records, cuts);
      if (cut.numChanges > 0) numTaken++;
      expect(cut.outputs).toEqual(whole.outputs);
      expect(cut.state).toBe(whole.state);
    },
  );

  test('of nearly all tapes, one was taken over', () => {
    expect(numTaken).toBeGreaterThan(0.85 * numTapes);
  });

  test.each([
    [
      'a rule with a place of its own',
      1,
      edgeTrailing,
      { entryBps: -5, trailingBps: 0, targetBps: -40, feeRate: 0 },
    ],
    ['a rule that draws', 0, random, { changeProbability: 0.3 }],
  ])('%s keeps it', (_, tape, plugin, settings) => {
    const records = generateTape(tape);
    const policies = (_model: string, _createdMs: number, market: LiveMarket) => {
      const { observationSpace, actionSpace } = market;
      const context = {
        observationSpace,
        actionSpace,
        masksActions: true,
        numEnvs: 1,
        rng: createRng(1),
        totalSteps: Infinity,
      };
      return agentPolicy(plugin.build(context, settings as never), actionSpace, 'hash', Number.NaN);
    };
    const cuts = new Set(Array.from({ length: 40 }, (_, i) => 5 * i));
    const whole = repeatWithCuts(records, new Set(), policies);
    expect(repeatWithCuts(records, cuts, policies).outputs).toEqual(whole.outputs);
    // The test means something only where forgetting shows.
    const forgetful = (...given: Parameters<typeof policies>) => ({ ...policies(...given), save: undefined });
    expect(repeatWithCuts(records, cuts, forgetful).outputs).not.toEqual(whole.outputs);
  });
});

describe.each(dialects)('a connection to $plugin.name, with many faults', ({ plugin }) => {
  test('goes on from what was kept as if nothing had been', () => {
    const inputs: [VenueInput, number][] = [];
    const rng = createRng(`kept ${plugin.name}`);
    const clock = new VirtualClock(1_700_000_000_000);
    const markets = [
      new FakeMarket('BTC', 'USDT', rng.fork('a')),
      new FakeMarket('ETH', 'USDT', rng.fork('b')),
    ];
    const network = new FakeNetwork(
      clock,
      rng.fork('network'),
      dialects.find((each) => each.plugin === plugin)!,
      markets,
    );
    network.faults = MANY_FAULTS;
    const connection = new VenueConnection({
      plugin,
      markets: ['BTC/USDT', 'ETH/USDT'],
      channels: ['book'],
      config: { resyncBudget: Infinity },
      clock,
      transport: network,
      rng: rng.fork('waits'),
      onInput: (input, timeMs) => {
        inputs.push([input, timeMs]);
        return undefined;
      },
    });
    connection.start();
    clock.runUntil(1_700_000_040_000);
    connection.stop();
    const begin = () => {
      const parsed = connection.session.feeds.map(({ market }) => market);
      const setup = plugin.connect(parsed, { resyncBudget: Infinity } as never);
      const log: string[] = [];
      const session = new VenueSession({
        setup,
        markets: parsed,
        channels: ['book'],
        onEvent: ({ kind, timeMs }) => log.push(`${kind} ${timeMs}`),
        onCommand: (command) => log.push(JSON.stringify(command)),
      });
      return { session, log };
    };
    const whole = begin();
    let cut = begin();
    const cutLog: string[] = [];
    for (const [index, [input, timeMs]] of inputs.entries()) {
      if (index % 37 === 36) {
        const kept = stateFromText(stateToText(cut.session.save()));
        cutLog.push(...cut.log);
        cut = begin();
        cut.session.load(kept);
      }
      whole.session.handle(input, timeMs);
      cut.session.handle(input, timeMs);
    }
    expect([...cutLog, ...cut.log]).toEqual(whole.log);
    expect(stateToText(cut.session.save())).toBe(stateToText(whole.session.save()));
    expect(whole.log.length).toBeGreaterThan(50);
  });
});

describe('a run with checkpoints on its tape', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'market-gym-checkpoint-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is read from the last one, and is what reading all of it gives; the next session too', async () => {
    const books = walkingBooks({ events: 300, depth: 3, seed: 4 });
    const tape = join(folder, 'tape');
    const first = scriptedRun({ books, config: TRADING_SCRIPT, tape, checkpointInputs: 40 });
    first.play(200);
    await first.run.stop();
    const options = {
      venues: builtInVenues,
      policyFor: (_m: string, _c: number, market: LiveMarket) => hashPolicy(market),
    };
    const whole = replayTape(readTape(tape), options);
    expect(whole.difference).toBeUndefined();
    const from = lastCheckpoint(tape);
    expect(from?.index).toBeGreaterThan(100);
    const late = replayTape(readTape(tape, { from }), options);
    expect(late.difference).toBeUndefined();
    expect(late.numInputs).toBe(whole.numInputs);
    expect(stateToText(saveSession(late.assembled)!)).toBe(stateToText(saveSession(whole.assembled)!));
    const second = scriptedRun({ books, config: TRADING_SCRIPT, tape, checkpointInputs: 40, skip: 200 });
    expect(second.run.recovery).toMatchObject({ numInputs: whole.numInputs, ended: 'stopped' });
    expect(second.run.recovery!.numRead).toBeLessThan(60);
    second.play(100);
    await second.run.stop();
    expect(replayTape(readTape(tape), options).difference).toBeUndefined();
  });

  test('a checkpoint that is not what led to it is found by a replay', () => {
    const records = generateTape(2);
    const header = readHeader(records[0]);
    const at = 120;
    const repeated = assemble(header, { venues: builtInVenues, policyFor, record: () => {} });
    for (const record of records.slice(1, at)) if (isInput(record)) repeated.repeat(record);
    const good = checkpointRecord(repeated, header, { index: at, numInputs: 1 }, repeated.session.timeMs)!;
    const withIt = (record: TapeRecord) => [...records.slice(0, at), record, ...records.slice(at)];
    const options = { venues: builtInVenues, policyFor };
    // Where the outputs of the last input are before it.
    expect(replayTape(entriesOf(withIt(good)), options).difference?.recorded).not.toBe('a checkpoint');
    const body = good[2] as Record<string, string>;
    const bad: TapeRecord = [
      good[0],
      good[1],
      { ...body, state: body.state.replace('"numFrames"', '"x"').replace(/"timeMs":(\d)/, '"timeMs":9$1') },
    ];
    expect(replayTape(entriesOf(withIt(bad)), options).difference?.recorded).toBe('a checkpoint');
  });
});
