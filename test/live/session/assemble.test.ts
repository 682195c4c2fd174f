/** A session put together from its header, and what of a tape it takes as input. */
import { expect, test } from 'vitest';
import { type AssembleOptions, assemble, headerRecord, readHeader } from '../../../live/session/assemble.ts';
import { resolveLiveConfig } from '../../../live/session/config.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { hashPolicy } from '../recorded-session.ts';

const START_MS = 1_700_000_000_000;
const CONFIG = {
  mode: 'trading',
  markets: [{ venue: 'bybit', symbol: 'BTC/USDT' }],
  depth: 3,
  env: { barMs: 2000, features: ['return:1'], normalize: 'none', window: 1 },
};

function create(change: Record<string, unknown> = {}) {
  const records: TapeRecord[] = [];
  const named: string[] = [];
  const options: AssembleOptions = {
    venues: builtInVenues,
    policyFor: (model, createdMs, market) => {
      named.push(`${model} ${createdMs}`);
      return hashPolicy(market, model, createdMs);
    },
    record: (record) => records.push(record),
  };
  const header = { config: resolveLiveConfig({ ...CONFIG, ...change }), model: 'first', modelCreatedMs: 5 };
  return { ...assemble(header, options), records, named };
}

test('every kind of input is taken again, and what came out is passed over', () => {
  const { repeat, records, session, named } = create();
  const inputs: TapeRecord[] = [
    ['input', START_MS, 0, 'open'],
    ['tick', START_MS + 1],
    ['close-out', START_MS + 2],
    ['action', START_MS + 3, 1],
    ['model', START_MS + 4, 'second', 7],
    ['model', START_MS + 5, 'third', null],
    ['halt', START_MS + 6, 'by hand'],
  ];
  expect(inputs.map((record) => repeat(record))).toEqual(inputs.map(() => true));
  expect(records.filter(([kind]) => kind !== 'event')).toEqual(inputs);
  expect(session.timeMs).toBe(START_MS + 6);
  expect(session.policy.model).toBe('third');
  expect(session.guard.haltReason).toBe('by hand');
  expect(named).toEqual(['first 5', 'second 7', 'third NaN']);
  for (const kind of ['decision', 'fill', 'order', 'state', 'event', 'session', 'note']) {
    expect(repeat([kind, START_MS + 9, 0])).toBe(false);
  }
  expect(session.timeMs).toBe(START_MS + 6);
});

test('what a session has come to is put on another as it is', () => {
  const state = {
    timeMs: START_MS + 7,
    numDecisions: 3,
    firstDecisionMs: START_MS + 1,
    isClosing: true,
    isStart: false,
    isBroken: true,
    haltReported: true,
    fault: 'something failed: the market',
  };
  const { session } = create();
  session.loadProgress(state);
  expect(session.saveProgress()).toEqual(state);
  expect([session.fault, session.numDecisions, session.firstDecisionMs]).toEqual([
    'something failed: the market',
    3,
    START_MS + 1,
  ]);
  session.loadProgress({ ...state, fault: null });
  expect(session.fault).toBeUndefined();
});

test('features of volume need the trades of the venue', () => {
  const env = { ...CONFIG.env, features: ['return:1', 'volume-zscore:20'] };
  expect(() => create({ env })).not.toThrow();
  expect(() => create({ env, channels: ['book'] })).toThrow(
    'Feature "volume-zscore:20" needs the trades of bybit, and "channels" leaves them out; add "trades".',
  );
  expect(() => create({ channels: ['book'] })).not.toThrow();
});

test('a header comes back from its record, and what is none is a foreign tape', () => {
  const config = resolveLiveConfig(CONFIG);
  for (const modelCreatedMs of [12, Number.NaN]) {
    const record = headerRecord({ config, model: 'm', modelCreatedMs }, START_MS);
    expect(readHeader(JSON.parse(JSON.stringify(record)))).toEqual({ config, model: 'm', modelCreatedMs });
  }
  for (const record of [
    ['tape', START_MS, { config: CONFIG, model: 'm' }],
    ['session', START_MS, { config: CONFIG }],
    ['session', START_MS, { model: 'm' }],
    ['session', START_MS],
  ] as TapeRecord[]) {
    expect(() => readHeader(record)).toThrow(/does not begin with a session of this version/);
  }
});

test('a setting that JSON has no number for comes back from the record of a session', () => {
  const settings = { resyncBudget: Infinity, unknownBudget: Infinity, silenceMs: 5 };
  const markets = [{ venue: 'bybit', symbol: 'BTC/USDT', settings }];
  const config = resolveLiveConfig({ ...CONFIG, markets });
  const record = headerRecord({ config, model: 'm', modelCreatedMs: 1 }, START_MS);
  const header = readHeader(JSON.parse(JSON.stringify(record)));
  expect(header.config.markets[0].settings).toEqual(settings);
  // It can be assembled, which a budget of null could not.
  const policyFor: AssembleOptions['policyFor'] = (model, createdMs, market) =>
    hashPolicy(market, model, createdMs);
  assemble(header, { venues: builtInVenues, policyFor, record: () => {} });
});
