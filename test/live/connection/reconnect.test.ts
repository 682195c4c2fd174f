/** The rules by which a connection waits, connects, sends, fetches and gives up, on a clock that is moved by hand. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { VenueConnection } from '../../../live/connection/connection.ts';
import type { HttpAnswer, SocketHandlers, Transport } from '../../../live/connection/transport.ts';
import type { VenueEvent, VenueInput } from '../../../live/connection/venue.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { wordVenue } from '../word-venue.ts';

const START_MS = 1_700_000_000_000;
const SYMBOL = 'BTC/USDT';

interface Request {
  readonly atMs: number;
  readonly url: string;
  readonly answer: (answer: Partial<HttpAnswer>) => void;
  isCancelled: boolean;
}

/** A connection on a network that does nothing by itself. */
function connect(
  config: Record<string, unknown> = {},
  onEvent: (event: VenueEvent, connection: VenueConnection) => void = () => {},
) {
  const clock = new VirtualClock(START_MS);
  const attempts: number[] = [];
  const sockets: SocketHandlers[] = [];
  const sent: string[] = [];
  const requests: Request[] = [];
  const inputs: VenueInput[] = [];
  let numTerminated = 0;
  const nowMs = () => clock.monotonicMs() - START_MS;
  const transport: Transport = {
    connect(_url, _limits, handlers) {
      attempts.push(nowMs());
      sockets.push(handlers);
      return { send: (text) => sent.push(`${nowMs()} ${text}`), terminate: () => numTerminated++ };
    },
    get(url, _options, done) {
      const request: Request = {
        atMs: nowMs(),
        url,
        answer: (answer) => done({ status: 200, body: '', retryAfterMs: 0, ...answer }),
        isCancelled: false,
      };
      requests.push(request);
      return () => {
        request.isCancelled = true;
      };
    },
  };
  const connection: VenueConnection = new VenueConnection({
    plugin: wordVenue,
    markets: [SYMBOL],
    config: { staleAfterMs: 1e9, streamDeadlineMs: 1e9, syncDeadlineMs: 1e9, ...config },
    clock,
    transport,
    rng: createRng(1),
    onInput: (input) => {
      inputs.push(input);
      return undefined;
    },
    onEvent: (event) => onEvent(event, connection),
  });
  connection.start();
  return {
    connection,
    attempts,
    sent,
    requests,
    inputs,
    sockets,
    socket: () => sockets[sockets.length - 1],
    nowMs,
    runTo: (ms: number) => clock.runUntil(START_MS + ms),
    /** Until the next attempt, which comes within a minute. @returns how long that was */
    untilAttempt() {
      const [fromMs, { length }] = [nowMs(), attempts];
      while (attempts.length === length && nowMs() <= fromMs + 60_000)
        clock.runUntil(clock.monotonicMs() + 1);
      return attempts[length] - fromMs;
    },
    numTerminated: () => numTerminated,
    numPending: () => clock.numPending,
    state: () => connection.status.state,
    kinds: () => inputs.map(({ kind }) => kind),
  };
}

/** The wait before an attempt: at most this, and at least half of it. */
function expectWait(waitMs: number, mostMs: number): void {
  expect(waitMs).toBeLessThanOrEqual(mostMs);
  expect(waitMs).toBeGreaterThanOrEqual(mostMs / 2);
}

describe('the wait before another attempt', () => {
  test('doubles while connections fail, up to a minute', () => {
    const network = connect();
    for (let attempt = 0; attempt < 9; attempt++) {
      network.socket().close('refused');
      expect(network.state()).toBe('waiting');
      expectWait(network.untilAttempt(), Math.min(60_000, 1000 * 2 ** attempt));
    }
  });

  test.each([
    ['begins anew after a connection of more than a minute', 60_001, 1000],
    ['goes on doubling after one of a minute', 60_000, 8000],
    ['goes on doubling after a short one', 100, 8000],
  ])('%s', (_, livedMs, mostMs) => {
    const network = connect();
    for (let attempt = 0; attempt < 3; attempt++) {
      network.socket().close('refused');
      network.untilAttempt();
    }
    network.runTo(network.nowMs() + 10_000);
    network.socket().open();
    network.runTo(network.nowMs() + livedMs);
    network.socket().close('gone');
    expectWait(network.untilAttempt(), mostMs);
  });

  test('counts how long a connection was open, not how long it took to open', () => {
    const network = connect();
    network.socket().close('refused');
    network.untilAttempt();
    network.runTo(network.nowMs() + 14_000);
    network.socket().open();
    network.runTo(network.nowMs() + 50_000);
    network.socket().close('gone');
    expectWait(network.untilAttempt(), 2000);
  });

  test('is none where a connection is replaced by plan, unless it comes again before a good one', () => {
    const network = connect();
    network.socket().open();
    network.socket().text('replace');
    network.runTo(0);
    expect(network.attempts).toEqual([0, 0]);
    network.socket().open();
    network.socket().text('replace');
    expectWait(network.untilAttempt(), 2000);
  });

  test('ends with a stop', () => {
    const network = connect();
    network.socket().close('refused');
    network.connection.stop();
    network.runTo(1e6);
    expect([network.state(), network.attempts, network.numPending()]).toEqual(['stopped', [0], 0]);
    network.connection.stop();
    network.connection.start();
    expect(network.attempts).toEqual([0, 1e6]);
    network.connection.start();
    expect(network.attempts).toHaveLength(2);
  });

  test('is none after a stop by whoever hears why the connection was left', () => {
    const network = connect({}, ({ kind }, connection) => {
      if (kind === 'book-lost') connection.stop();
    });
    network.socket().open();
    network.socket().text('book 99 101');
    network.socket().binary(9);
    network.runTo(1e6);
    expect([network.state(), network.attempts, network.numPending()]).toEqual(['stopped', [0], 0]);
  });
});

describe('a socket', () => {
  test.each([
    ['in the time it has', 14_999, 'connecting'],
    ['at its end', 15_000, 'waiting'],
  ])('that does not open is waited for: %s', (_, ms, state) => {
    const network = connect();
    network.runTo(ms);
    expect(network.state()).toBe(state);
    expect(network.numTerminated()).toBe(state === 'waiting' ? 1 : 0);
  });

  test('that opened is not given up for the time it took', () => {
    const network = connect();
    network.runTo(14_999);
    network.socket().open();
    network.runTo(20_000);
    expect(network.state()).toBe('connected');
  });

  test('that was given up is not listened to any more', () => {
    const network = connect();
    network.socket().open();
    network.socket().close('gone');
    const { length } = network.inputs;
    const [old] = network.sockets;
    old.text('book 99 101');
    old.binary(1);
    old.heartbeat();
    old.open();
    old.close('again');
    expect(network.inputs).toHaveLength(length);
    expect(network.kinds()).toEqual(['open', 'close']);
    expect(network.state()).toBe('waiting');
  });

  test('hands on what comes, and time by a tick four times a second while it is open', () => {
    const network = connect();
    network.runTo(300);
    network.socket().open();
    network.socket().text('book 99 101');
    network.socket().heartbeat();
    expect(network.connection.isTradable(SYMBOL)).toBe(true);
    expect(network.connection.book(SYMBOL).bestBid).toBe(99);
    network.runTo(1299);
    expect(network.kinds()).toEqual(['open', 'frame', 'heartbeat', 'tick', 'tick', 'tick']);
    network.runTo(1300);
    expect(network.kinds().filter((kind) => kind === 'tick')).toHaveLength(4);
    network.socket().binary(9);
    expect(network.kinds().slice(-2)).toEqual(['binary', 'close']);
    const { length } = network.inputs;
    network.runTo(1800);
    expect(network.inputs).toHaveLength(length);
  });

  test('of a venue that is given up is closed for good, and the status says why', () => {
    const network = connect();
    network.socket().open();
    network.socket().text('refuse');
    expect(network.connection.status).toMatchObject({
      venue: 'words',
      verified: true,
      state: 'disabled',
      reason: 'the venue refuses: no such market',
    });
    expect([network.numTerminated(), network.numPending()]).toEqual([1, 0]);
    network.connection.stop();
    expect(network.state()).toBe('disabled');
    network.connection.start();
    network.runTo(1e6);
    expect(network.attempts).toEqual([0]);
  });
});

describe('messages to the venue', () => {
  test('leave one by one, no closer to each other than it bears', () => {
    const network = connect({ sendIntervalMs: 100 });
    network.socket().open();
    for (const word of ['a', 'b', 'c']) network.socket().text(`say ${word}`);
    network.runTo(99);
    expect(network.sent).toEqual(['0 a']);
    network.runTo(250);
    expect(network.sent).toEqual(['0 a', '100 b', '200 c']);
    network.socket().text('say d');
    expect(network.sent).toHaveLength(3);
    network.runTo(300);
    expect(network.sent.at(-1)).toBe('300 d');
    network.runTo(450);
    network.socket().text('say e');
    expect(network.sent.at(-1)).toBe('450 e');
  });

  test('that were meant for a connection that is gone are not sent on the next', () => {
    const network = connect({ sendIntervalMs: 100 });
    network.socket().open();
    for (const word of ['a', 'b']) network.socket().text(`say ${word}`);
    network.socket().close('gone');
    network.untilAttempt();
    network.socket().open();
    network.runTo(5000);
    expect(network.sent).toEqual(['0 a']);
    network.socket().text('say c');
    expect(network.sent).toEqual(['0 a', '5000 c']);
  });
});

describe('a snapshot', () => {
  test.each([
    [199, 'snapshot-failed'],
    [200, 'snapshot'],
    [299, 'snapshot'],
    [300, 'snapshot-failed'],
    [0, 'snapshot-failed'],
  ])('that is answered with status %i is a %s', (status, kind) => {
    const network = connect();
    network.socket().open();
    network.socket().text('fetch 0');
    network.runTo(0);
    network.requests[0].answer({ status, body: 'x'.repeat(300), retryAfterMs: 7 });
    const input = network.inputs.at(-1);
    if (kind === 'snapshot') expect(input).toEqual({ kind, symbol: SYMBOL, body: 'x'.repeat(300) });
    else expect(input).toEqual({ kind, symbol: SYMBOL, status, retryAfterMs: 7, detail: 'x'.repeat(200) });
  });

  test('is asked for after its delay, and only the last one that was asked for', () => {
    const network = connect();
    network.socket().open();
    network.socket().text('fetch 500 first');
    network.runTo(100);
    network.socket().text('fetch 500 second');
    network.runTo(599);
    expect(network.requests).toEqual([]);
    network.runTo(600);
    expect(network.requests.map(({ url, atMs }) => [url, atMs])).toEqual([['http://nowhere/second', 600]]);
    network.socket().text('fetch 0 third');
    expect(network.requests[0].isCancelled).toBe(true);
  });

  test('that was answered is cancelled by nothing later', () => {
    const network = connect();
    network.socket().open();
    network.socket().text('fetch 0 first');
    network.runTo(0);
    network.requests[0].answer({});
    network.socket().text('fetch 0 second');
    network.runTo(1);
    expect(network.requests.map(({ isCancelled }) => isCancelled)).toEqual([false, false]);
  });

  test('of a connection that is gone is not waited for, nor asked for later', () => {
    const network = connect();
    network.socket().open();
    network.socket().text('fetch 0 first');
    network.runTo(0);
    network.socket().close('gone');
    expect(network.requests[0].isCancelled).toBe(true);
    network.untilAttempt();
    network.socket().open();
    network.socket().text('fetch 500 second');
    network.socket().close('gone');
    network.runTo(5000);
    expect(network.requests).toHaveLength(1);
  });
});
