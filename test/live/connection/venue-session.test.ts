/** The rules by which a venue's session trusts a book, gives up a connection, and gives up the venue. */
import { describe, expect, test } from 'vitest';
import type { VenueCommand, VenueEvent, VenueInput } from '../../../live/connection/venue.ts';
import type { ConnectionLimits } from '../../../live/connection/venue-config.ts';
import { CHANNELS, type Channel, parseMarkets } from '../../../live/connection/venue-markets.ts';
import { VenueSession } from '../../../live/connection/venue-session.ts';
import { WordProtocol } from '../word-venue.ts';

const START_MS = 1_700_000_000_000;
const SYMBOL = 'BTC/USDT';
const LIMITS: ConnectionLimits = {
  silenceMs: 10_000,
  staleAfterMs: 2000,
  streamDeadlineMs: 6000,
  syncDeadlineMs: 4000,
  rotateAfterMs: 100_000,
  resyncBudget: 2,
  resyncWindowMs: 60_000,
  unknownBudget: 500,
  sendIntervalMs: 0,
  maxFrameBytes: 1000,
};

function open(
  limits: Partial<ConnectionLimits> = {},
  {
    symbols = [SYMBOL],
    channels = CHANNELS,
    saves = false,
  }: { symbols?: string[]; channels?: readonly Channel[]; saves?: boolean } = {},
) {
  const events: VenueEvent[] = [];
  const commands: VenueCommand[] = [];
  let protocol: WordProtocol | undefined;
  const session = new VenueSession({
    setup: {
      url: 'ws://nowhere',
      limits: { ...LIMITS, ...limits },
      createProtocol: (host) => {
        const made = new WordProtocol(host);
        protocol = made;
        if (!saves) return made;
        const load = (state: unknown) => void made.calls.push(`load ${state}`);
        return Object.assign(made, { save: () => 'all of it', load });
      },
    },
    markets: parseMarkets('words', symbols, (base, quote) => base + quote),
    channels,
    onEvent: (event) => events.push({ ...event }),
    onCommand: (command) => commands.push(command),
  });
  const take = (afterMs: number, input: VenueInput) => session.handle(input, START_MS + afterMs);
  if (!saves) take(0, { kind: 'open' });
  return {
    session,
    events,
    commands,
    calls: (protocol as WordProtocol).calls,
    take,
    frame: (afterMs: number, text: string) => take(afterMs, { kind: 'frame', text }),
    tick: (afterMs: number) => take(afterMs, { kind: 'tick' }),
    tradable: (afterMs: number, symbol = SYMBOL) => session.isTradable(symbol, START_MS + afterMs),
    kinds: () => events.map(({ kind }) => kind),
  };
}

describe('a book is traded on', () => {
  // What happens at which time, and when the book is asked for.
  test.each<[rule: string, isSo: boolean, script: string, nowMs: number]>([
    ['when it is complete and two-sided', true, '0 book 99 101', 0],
    ['not before it was there', false, '', 0],
    ['not without a bid', false, '0 book 0 101', 0],
    ['not without an ask', false, '0 book 99 0', 0],
    ['not when it is crossed', false, '0 book 101 99', 0],
    ['not when bid and ask are the same', false, '0 book 100 100', 0],
    ['as old as it may be', true, '0 book 99 101', 2000],
    ['not when it is older', false, '0 book 99 101', 2001],
    ['as old as what it shows, not as its message', true, '0 as-of 1500', 500],
    ['not when what it shows is older', false, '0 as-of 1500', 501],
    ['as far behind the quickest message as it may be', true, '0 book 99 101 0 | 1 book 99 101 2000', 1],
    ['not when it is further behind', false, '0 book 99 101 0 | 1 book 99 101 2001', 1],
    ['when it has caught up', true, '0 book 99 101 0 | 1 book 99 101 5000 | 2 book 99 101 10', 2],
    ['not after a gap', false, '0 book 99 101 | 1 gap', 1],
    ['after a gap, when it came anew', true, '0 book 99 101 | 1 gap | 2 book 99 101', 2],
    ['not while the venue says that it does not trade', false, '0 book 99 101 | 1 halt', 1],
    ['when the venue says that it trades again', true, '0 halt | 1 resume | 2 book 99 101', 2],
    ['on a new connection, whatever the last one said', true, '0 halt | 1 close | 2 open | 3 book 99 101', 3],
    ['not when the connection is closed', false, '0 book 99 101 | 1 close', 1],
    ['not on a new connection, before it came anew', false, '0 book 99 101 | 1 close | 2 open', 2],
    ['not when another market’s book came', false, '0 other', 0],
    ['at four times the last price', true, '0 book 99 101 | 1 book 399 401', 1],
    ['not at more than that at once', false, '0 book 99 101 | 1 book 399 402', 1],
    ['at a quarter of the last price', true, '0 book 99 101 | 1 book 24 26', 1],
    ['not at less than that at once', false, '0 book 99 101 | 1 book 24 25.9', 1],
    ['at any price, when it came anew', true, '0 book 99 101 | 1 book 999 1001 | 2 book 999 1001', 2],
    ['at any price, from what was last believed', true, '0 book 99 101 | 1 book 299 301 | 2 book 899 901', 2],
  ])('%s', (_, isSo, script, nowMs) => {
    const venue = open({}, { symbols: [SYMBOL, 'ETH/USDT'] });
    for (const line of script === '' ? [] : script.split(' | ')) {
      const [, ms, words] = /^(\d+) (.*)$/.exec(line) as RegExpExecArray;
      if (words === 'open') venue.take(Number(ms), { kind: 'open' });
      else if (words === 'close') venue.take(Number(ms), { kind: 'close', reason: 'test' });
      else venue.frame(Number(ms), words);
    }
    expect(venue.tradable(nowMs)).toBe(isSo);
  });

  test('not when nothing at all was heard for too long, though the book may be that old', () => {
    const venue = open({ staleAfterMs: 50_000, silenceMs: 3000 });
    venue.frame(0, 'book 99 101');
    expect([venue.tradable(3000), venue.tradable(3001)]).toEqual([true, false]);
    venue.take(2500, { kind: 'heartbeat' });
    expect([venue.tradable(5500), venue.tradable(5501)]).toEqual([true, false]);
  });

  test('never, where nobody asked for the market', () => {
    expect(open().tradable(0, 'NO/PE')).toBe(false);
  });
});

describe('a tick', () => {
  test.each<
    [
      rule: string,
      tickMs: number,
      limits: Partial<ConnectionLimits>,
      last: VenueEvent['kind'] | VenueCommand['kind'] | undefined,
    ]
  >([
    [
      'at the end of the silence that is borne',
      10_000,
      { streamDeadlineMs: 1e6, staleAfterMs: 1e6 },
      undefined,
    ],
    ['after it: a new connection', 10_001, { streamDeadlineMs: 1e6, staleAfterMs: 1e6 }, 'reconnect'],
    ['at the age at which a book is stale', 2000, {}, undefined],
    ['after it: said', 2001, {}, 'book-stale'],
    ['at the deadline of the stream, when it was said', 6000, { staleAfterMs: 7000 }, undefined],
    ['after it: asked for anew', 6001, { staleAfterMs: 7000 }, 'book-lost'],
    [
      'at the greatest age of a connection',
      100_000,
      { streamDeadlineMs: 1e6, staleAfterMs: 1e6, silenceMs: 1e6 },
      undefined,
    ],
    [
      'after it: a new one',
      100_001,
      { streamDeadlineMs: 1e6, staleAfterMs: 1e6, silenceMs: 1e6 },
      'reconnect',
    ],
  ])('%s', (_, tickMs, limits, last) => {
    const venue = open(limits);
    venue.frame(0, 'book 99 101');
    const [numEvents, numCommands] = [venue.events.length, venue.commands.length];
    venue.tick(tickMs);
    const news = [...venue.events.slice(numEvents), ...venue.commands.slice(numCommands)].map(
      ({ kind }) => kind,
    );
    if (last === undefined) expect(news).toEqual([]);
    else expect(news).toContain(last);
  });

  test('says once that a book is stale, and again when it was fresh meanwhile', () => {
    const venue = open({ streamDeadlineMs: 1e6, silenceMs: 1e6 });
    const stale = () => venue.kinds().filter((kind) => kind === 'book-stale').length;
    venue.frame(0, 'book 99 101');
    for (const ms of [3000, 4000, 5000]) venue.tick(ms);
    expect(stale()).toBe(1);
    venue.frame(5000, 'book 99 101');
    for (const ms of [6000, 7001, 8000]) venue.tick(ms);
    expect([stale(), venue.session.counters.stale]).toEqual([2, 2]);
  });

  test.each([
    ['the time that a first book may take', 4000, false],
    ['more', 4001, true],
  ])('gives a connection %s', (_, afterMs, isLeft) => {
    const venue = open();
    venue.take(afterMs - 1, { kind: 'heartbeat' });
    venue.tick(afterMs);
    expect(venue.session.isOpen).toBe(!isLeft);
    expect(venue.session.counters.losses).toEqual(isLeft ? { 'no-snapshot': 1 } : {});
    expect(venue.commands).toEqual(
      isLeft ? [{ kind: 'reconnect', reason: 'no book of BTC/USDT within 4001 ms', planned: false }] : [],
    );
  });

  test('a book that was lost has its time from then on', () => {
    const venue = open({ resyncBudget: 10 });
    venue.frame(0, 'book 99 101');
    venue.frame(3000, 'gap');
    venue.tick(7000);
    expect(venue.session.isOpen).toBe(true);
    venue.tick(7001);
    expect(venue.session.isOpen).toBe(false);
  });

  test('asks nothing of books where none were asked for', () => {
    const venue = open({ silenceMs: 1e6 }, { channels: ['trades'] });
    venue.tick(50_000);
    expect([venue.session.isOpen, venue.kinds(), venue.calls.at(-1)]).toEqual([
      true,
      ['connected'],
      'tick 50000',
    ]);
  });

  test('lets the protocol ping, and says how long it has been silent', () => {
    const venue = open();
    venue.frame(0, 'book 99 101');
    venue.take(1000, { kind: 'heartbeat' });
    venue.tick(1700);
    expect(venue.calls.at(-1)).toBe('tick 700');
  });
});

describe('the budget of losses and failures', () => {
  // Gaps at these times; the budget is two within 60 s.
  test.each<[rule: string, gapsMs: number[], isDisabled: boolean]>([
    ['as many as it bears', [0, 1], false],
    ['one more', [0, 1, 2], true],
    ['one more, when the first still counts', [0, 1, 60_000], true],
    ['one more, when the first counts no more', [0, 1, 60_001], false],
    ['the second is then the first', [0, 1, 60_001, 60_001], true],
  ])('%s', (_, gapsMs, isDisabled) => {
    const venue = open({ silenceMs: 1e6 });
    for (const gapMs of gapsMs) {
      venue.frame(gapMs, 'book 99 101');
      venue.frame(gapMs, 'gap');
    }
    expect(venue.session.disabledReason !== undefined).toBe(isDisabled);
    expect(venue.kinds().includes('disabled')).toBe(isDisabled);
    expect(venue.session.counters.losses['sequence-gap']).toBe(gapsMs.length);
    expect(venue.session.counters.resyncs).toBe(gapsMs.length - Number(isDisabled));
  });

  const again: readonly VenueInput[] = [{ kind: 'close', reason: 'test' }, { kind: 'open' }];
  test.each<[what: string, inputs: readonly VenueInput[]]>([
    ['connections that closed', again],
    ['frames that cannot be read', [{ kind: 'frame', text: 'unreadable' }, { kind: 'open' }]],
    ['binary frames', [{ kind: 'binary', bytes: 3 }, { kind: 'open' }]],
    [
      'snapshots that failed',
      [{ kind: 'snapshot-failed', symbol: SYMBOL, status: 500, retryAfterMs: 7, detail: 'no' }],
    ],
    ['snapshots that are none', [{ kind: 'snapshot', symbol: SYMBOL, body: 'bad' }]],
  ])('is spent by %s', (_, inputs) => {
    const venue = open();
    for (let i = 0; i < 3; i++) {
      expect(venue.session.disabledReason).toBeUndefined();
      for (const input of inputs) venue.take(i, input);
    }
    expect(venue.session.disabledReason).toMatch(/^3 losses or failures within 60 s, the last: /);
    expect(venue.commands.at(-1)).toEqual({ kind: 'disable', reason: venue.session.disabledReason });
  });

  test('is not spent by a connection that is replaced by plan, nor by a frame of no known meaning', () => {
    const venue = open();
    for (let i = 0; i < 5; i++) {
      venue.frame(i, 'malformed');
      venue.session.reconnect('by plan');
      venue.take(i, { kind: 'close', reason: 'by plan' });
      venue.take(i, { kind: 'open' });
    }
    expect([venue.session.disabledReason, venue.session.counters.rejected.malformed]).toEqual([undefined, 5]);
  });

  test('a venue that refuses is given up at once, and nothing is said after it', () => {
    const venue = open();
    venue.frame(0, 'book 99 101');
    venue.frame(1, 'refuse');
    expect(venue.session.disabledReason).toBe('the venue refuses: no such market');
    expect(venue.kinds().slice(-2)).toEqual(['book-lost', 'disabled']);
    const { length } = venue.events;
    venue.frame(2, 'book 99 101');
    venue.take(3, { kind: 'open' });
    venue.take(4, { kind: 'close', reason: 'test' });
    expect([venue.events.length, venue.tradable(4), venue.session.counters.frames]).toEqual([
      length,
      false,
      2,
    ]);
  });
});

describe('messages of no known kind', () => {
  // The budget is two within 60 s.
  test.each<[rule: string, timesMs: number[], isLeft: boolean]>([
    ['are borne as many as it bears', [0, 1], false],
    ['cost the connection when there is one more', [0, 1, 2], true],
    ['cost it when the first still counts', [0, 1, 60_000], true],
    ['do not when the first counts no more', [0, 1, 60_001], false],
    ['count from the second then', [0, 1, 60_001, 60_001], true],
  ])('%s', (_, timesMs, isLeft) => {
    const venue = open({ unknownBudget: 2, silenceMs: 1e6 });
    for (const ms of timesMs) venue.frame(ms, 'unknown-message');
    expect(venue.session.isOpen).toBe(!isLeft);
    expect(venue.session.counters.rejected['unknown-message']).toBe(timesMs.length);
    const reason = '3 messages of no known kind, the last: as it says';
    expect(venue.commands).toEqual(isLeft ? [{ kind: 'reconnect', reason, planned: false }] : []);
  });

  test('are counted anew on the next connection, those of a known kind never', () => {
    const venue = open({ unknownBudget: 2 });
    for (let i = 0; i < 3; i++) venue.frame(i, 'unknown-message');
    venue.take(3, { kind: 'open' });
    for (let i = 4; i < 6; i++) venue.frame(i, 'unknown-message');
    for (let i = 6; i < 12; i++) venue.frame(i, 'malformed');
    expect(venue.session.isOpen).toBe(true);
    venue.frame(12, 'unknown-message');
    expect(venue.session.isOpen).toBe(false);
  });
});

describe('a connection ends', () => {
  test.each<
    [rule: string, limits: Partial<ConnectionLimits>, afterMs: number, reason: string, planned: boolean]
  >([
    ['for silence, as a failure', { silenceMs: 500 }, 501, 'nothing heard for 501 ms', false],
    ['for its age, by plan', { rotateAfterMs: 500 }, 501, 'the connection is old', true],
  ])('%s', (_, limits, afterMs, reason, planned) => {
    const venue = open(limits);
    venue.tick(afterMs);
    expect(venue.commands).toEqual([{ kind: 'reconnect', reason, planned }]);
  });

  test('where the protocol wants another try, as a failure', () => {
    const venue = open();
    venue.frame(1, 'retry');
    expect(venue.commands).toEqual([{ kind: 'reconnect', reason: 'says the protocol', planned: false }]);
  });

  test('and is heard to, with its book and its reason; nothing comes on it any more', () => {
    const venue = open();
    venue.frame(1, 'book 99 101');
    venue.take(2, { kind: 'close', reason: 'code 1006' });
    venue.frame(3, 'book 99 101');
    expect(venue.events.slice(2)).toEqual([
      {
        kind: 'book-lost',
        timeMs: START_MS + 2,
        symbol: SYMBOL,
        reason: 'disconnected',
        detail: 'code 1006',
      },
      { kind: 'disconnected', timeMs: START_MS + 2, reason: 'code 1006' },
    ]);
    expect([venue.session.isOpen, venue.session.counters.frames]).toEqual([false, 1]);
    venue.take(4, { kind: 'open' });
    expect([venue.session.isOpen, venue.session.counters.connections]).toEqual([true, 2]);
  });
});

describe('a session that is saved', () => {
  const inputs: [afterMs: number, input: VenueInput][] = [
    [0, { kind: 'open' }],
    [1, { kind: 'frame', text: 'book 99 101 7' }],
    [2, { kind: 'frame', text: 'trade t1' }],
    [3, { kind: 'frame', text: 'again' }],
    [4, { kind: 'frame', text: 'gap' }],
    [5, { kind: 'frame', text: 'unknown-message' }],
    [6, { kind: 'snapshot-failed', symbol: SYMBOL, status: 429, retryAfterMs: 5000, detail: '' }],
    [7, { kind: 'frame', text: 'book 98 102 3' }],
    [8, { kind: 'frame', text: 'halt' }],
  ];
  // What shows each of the things that it must not forget.
  const later: [rule: string, inputs: [afterMs: number, input: VenueInput][]][] = [
    ['its failures', [[20, { kind: 'frame', text: 'gap' }]]],
    ['messages of no known kind', [5, 6].map((ms) => [20 + ms, { kind: 'frame', text: 'unknown-message' }])],
    ['when the venue may be asked', [[20, { kind: 'frame', text: 'fetch 0 book' }]]],
    ['that the venue does not trade', [[20, { kind: 'frame', text: 'resume' }]]],
    [
      'when something last came',
      [
        [10_008, { kind: 'tick' }],
        [10_009, { kind: 'tick' }],
      ],
    ],
    [
      'the age of its connection',
      [
        [99_000, { kind: 'heartbeat' }],
        [100_001, { kind: 'tick' }],
      ],
    ],
    [
      'the book',
      [
        [20, { kind: 'frame', text: 'trade t2' }],
        [3000, { kind: 'tick' }],
      ],
    ],
    ['the time', [[0, { kind: 'frame', text: 'book 97 103' }]]],
    [
      'its end',
      [
        [20, { kind: 'close', reason: 'test' }],
        [21, { kind: 'frame', text: 'book 97 103' }],
      ],
    ],
  ];

  test.each(later)('goes on with %s', (_, more) => {
    const limits = { unknownBudget: 2, resyncBudget: 2 };
    const [whole, first, second] = [1, 2, 3].map(() => open(limits, { saves: true }));
    for (const [ms, input] of inputs) {
      whole.take(ms, input);
      first.take(ms, input);
    }
    second.session.load(structuredClone(first.session.save()));
    const before = { events: whole.events.length, commands: whole.commands.length };
    for (const [ms, input] of more) for (const each of [whole, second]) each.take(ms, input);
    // A book is the same object for all events.
    const told = (events: readonly VenueEvent[]) => events.map((event) => ({ ...event, book: undefined }));
    expect(told(second.events)).toEqual(told(whole.events).slice(before.events));
    expect(second.commands).toEqual(whole.commands.slice(before.commands));
    expect(second.session.save()).toEqual(whole.session.save());
    expect(second.tradable(9)).toBe(whole.tradable(9));
    expect(second.session.disabledReason).toBe(whole.session.disabledReason);
    expect(second.calls[0]).toBe('load all of it');
  });

  test('is given up as it was', () => {
    const first = open({}, { saves: true });
    first.take(0, { kind: 'open' });
    first.frame(1, 'refuse');
    const second = open({}, { saves: true });
    second.session.load(first.session.save());
    expect(second.session.disabledReason).toBe('the venue refuses: no such market');
    second.take(2, { kind: 'open' });
    expect(second.events).toEqual([]);
  });

  test('cannot be, where its protocol cannot', () => {
    expect(open().session.save()).toBeUndefined();
  });
});

describe('what the protocol asks for', () => {
  test('becomes a command', () => {
    const venue = open();
    venue.frame(0, 'say hello there');
    venue.frame(0, 'fetch 500 book');
    expect(venue.commands).toEqual([
      { kind: 'send', text: 'hello there' },
      { kind: 'fetch-snapshot', symbol: SYMBOL, url: 'http://nowhere/book', delayMs: 500 },
    ]);
  });

  // The venue says at 1000 that nothing is to be asked for so long.
  test.each<[rule: string, retryAfterMs: number[], askedMs: number, delayMs: number, waitsMs: number]>([
    ['no sooner than the venue said', [2000], 1500, 0, 1500],
    ['as late as it wants to, where that is later', [2000], 1500, 1700, 1700],
    ['at once, when the time has passed', [2000], 3000, 0, 0],
    ['no sooner than the longest that the venue said', [2000, 50], 1500, 0, 1500],
  ])('a snapshot is fetched %s', (_, retryAfterMs, askedMs, delayMs, waitsMs) => {
    const venue = open({ resyncBudget: 9 });
    for (const ms of retryAfterMs) {
      const failed = { kind: 'snapshot-failed', symbol: SYMBOL, status: 429, detail: '' } as const;
      venue.take(1000, { ...failed, retryAfterMs: ms });
    }
    // Another connection is no way around it.
    venue.take(1100, { kind: 'close', reason: 'test' });
    venue.take(1200, { kind: 'open' });
    venue.frame(askedMs, `fetch ${delayMs} book`);
    expect(venue.commands.at(-1)).toMatchObject({ kind: 'fetch-snapshot', delayMs: waitsMs });
  });
});

describe('what comes in', () => {
  test('is counted by kind, a binary frame too', () => {
    const venue = open();
    venue.frame(0, 'book 99 101');
    venue.frame(1, 'trade t1');
    venue.frame(1, 'again');
    expect(venue.events.at(-1)).toEqual({
      kind: 'trade',
      timeMs: START_MS + 1,
      symbol: SYMBOL,
      price: 100,
      size: 2,
      side: 'buy',
      id: 't1',
      exchangeTimeMs: START_MS + 1,
    });
    venue.frame(1, 'malformed');
    venue.take(2, { kind: 'binary', bytes: 3 });
    expect(venue.session.counters).toMatchObject({
      connections: 1,
      frames: 5,
      bookUpdates: 1,
      trades: 1,
      duplicates: 1,
      rejected: { unreadable: 1, malformed: 1 },
    });
    expect([venue.session.isOpen, venue.session.lastMessageMs]).toEqual([false, START_MS + 1]);
  });

  test('time never falls', () => {
    const venue = open();
    venue.frame(1000, 'book 99 101');
    venue.frame(500, 'book 99 101');
    expect(venue.events.map(({ timeMs }) => timeMs - START_MS)).toEqual([0, 1000, 1000]);
  });

  test('before the connection is open, or after it is given up, is passed over', () => {
    const venue = open();
    venue.session.reconnect('by plan');
    venue.frame(1, 'book 99 101');
    venue.tick(2);
    expect([venue.kinds(), venue.session.counters.frames]).toEqual([['connected'], 0]);
    expect(venue.commands).toEqual([{ kind: 'reconnect', reason: 'by plan', planned: true }]);
  });

  test('an answer for a market that nobody asked for is passed over', () => {
    const venue = open();
    venue.take(1, { kind: 'snapshot', symbol: 'NO/PE', body: 'x' });
    venue.take(1, { kind: 'snapshot-failed', symbol: 'NO/PE', status: 1, retryAfterMs: 0, detail: '' });
    const { snapshots, snapshotFailures } = venue.session.counters;
    expect([venue.calls, snapshots, snapshotFailures]).toEqual([['open'], 0, 0]);
  });

  test('a snapshot is handed on; a bad one, and one that failed, are asked for again', () => {
    const venue = open();
    venue.take(1, { kind: 'snapshot', symbol: SYMBOL, body: 'good' });
    venue.take(2, { kind: 'snapshot', symbol: SYMBOL, body: 'bad' });
    venue.take(3, { kind: 'snapshot-failed', symbol: SYMBOL, status: 429, retryAfterMs: 2000, detail: 'x' });
    expect(venue.calls.slice(1)).toEqual(['snapshot good', 'snapshot bad', 'failed 0 0', 'failed 429 2000']);
    const { snapshots, snapshotFailures, rejected } = venue.session.counters;
    expect([snapshots, snapshotFailures, rejected.malformed]).toEqual([2, 1, 1]);
  });

  test('a frame that cannot be read ends the connection; one of no use does not; a mistake of ours is not hidden', () => {
    const venue = open();
    venue.frame(0, 'book 99 101');
    venue.frame(1, 'malformed');
    expect([venue.session.isOpen, venue.tradable(1)]).toEqual([true, true]);
    expect(() => venue.frame(2, 'broken')).toThrow(TypeError);
    venue.frame(3, 'unreadable');
    expect([venue.session.isOpen, venue.tradable(3)]).toEqual([false, false]);
    expect(venue.kinds()).toEqual(['connected', 'book', 'rejected', 'rejected', 'book-lost']);
    expect(venue.session.counters).toMatchObject({
      frames: 4,
      bookUpdates: 1,
      rejected: { malformed: 1, unreadable: 1 },
    });
  });

  test('a book is said to be lost only when it was there', () => {
    const venue = open({ resyncBudget: 9 });
    venue.frame(0, 'gap');
    expect(venue.kinds()).toEqual(['connected']);
    venue.frame(1, 'book 99 101');
    venue.frame(2, 'gap');
    expect(venue.events.at(-1)).toMatchObject({
      kind: 'book-lost',
      reason: 'sequence-gap',
      detail: 'one is missing',
    });
    venue.frame(3, 'book 101 99');
    expect(venue.session.counters.losses).toEqual({ 'sequence-gap': 2, 'crossed-book': 1 });
    expect(venue.calls.filter((call) => call === `resync ${SYMBOL}`)).toHaveLength(3);
  });

  test('what the venue says of its trading is an event where it changes something', () => {
    const venue = open();
    for (const word of ['resume', 'halt', 'halt', 'resume']) venue.frame(1, word);
    expect(venue.events.slice(1).map((event) => 'trading' in event && event.trading)).toEqual([false, true]);
  });
});
