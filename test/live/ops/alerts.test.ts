/** What a person is told of a session, and that nobody waits for it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { ALERT_KINDS, type Alert, alertOf, alertsSchema, DrawdownWatch } from '../../../live/ops/alert.ts';
import { AlertSender, type AlertSenderOptions } from '../../../live/ops/alert-sender.ts';
import { AlertSpool } from '../../../live/ops/alert-spool.ts';
import type { PostAnswer } from '../../../live/ops/post-json.ts';
import { postJson } from '../../../live/ops/post-json.ts';
import type { TapeRecord } from '../../../storage/tape.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'market-gym-alerts-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const URL_A = 'http://127.0.0.1:1/hook/secret';
const halt = (text = 'Trading is halted: by hand.'): Alert => ({
  kind: 'halt',
  timeMs: 5,
  text,
  detail: null,
});
const OK: PostAnswer = { status: 204, detail: '', retryAfterMs: 0 };
const spooled = () => {
  try {
    return readdirSync(join(directory, 'alerts')).length;
  } catch {
    return 0;
  }
};

/** A sender whose address answers what it is told to; `hang` never does. */
function sender(answers: (PostAnswer | 'hang')[], change: Partial<AlertSenderOptions> = {}) {
  const clock = new VirtualClock(1_000_000);
  const bodies: { id: string; text: string }[] = [];
  const said: string[] = [];
  const made = new AlertSender({
    addresses: [{ url: URL_A, on: ['halt', 'end'] }],
    spool: new AlertSpool(join(directory, 'alerts')),
    post: (_url, body, signal) => {
      bodies.push(JSON.parse(body));
      const answer = answers.shift() ?? OK;
      if (answer !== 'hang') return Promise.resolve(answer);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ status: 0, detail: 'aborted', retryAfterMs: 0 }));
      });
    },
    clock,
    rng: createRng(1),
    about: { tape: 't', mode: 'trading' },
    onGivenUp: (text) => said.push(text),
    ...change,
  });
  return { sender: made, clock, bodies, said };
}

async function closeNow(alerts: AlertSender, clock: VirtualClock): Promise<void> {
  const closing = alerts.close(1);
  clock.runUntil(clock.monotonicMs() + 1);
  await closing;
}

/** What was answered has been taken, and the next try is waited for: a time-out alone would look the same. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const becomes = (isSo: () => void) => vi.waitFor(isSo, { interval: 2 });

describe('an alert', () => {
  test('is sent with what it is about, and is on the disk no longer when it was taken', async () => {
    const { sender: alerts, bodies } = sender([]);
    alerts.take(halt());
    alerts.take({ ...halt(), kind: 'fill' });
    expect(alerts.status).toEqual({ sent: 0, waiting: 1, givenUp: 0 });
    await becomes(() => expect(alerts.status).toEqual({ sent: 1, waiting: 0, givenUp: 0 }));
    await becomes(() => expect(spooled()).toBe(0));
    expect(bodies).toEqual([
      {
        id: '1000000-000000',
        tape: 't',
        mode: 'trading',
        kind: 'halt',
        timeMs: 5,
        time: '1970-01-01T00:00:00.005Z',
        text: 'Trading is halted: by hand.',
        detail: null,
      },
    ]);
  });

  test('that nobody takes is tried again and again, in order, and waits on the disk', async () => {
    const busy: PostAnswer = { status: 503, detail: 'busy', retryAfterMs: 0 };
    const { sender: alerts, clock, bodies } = sender([busy, busy]);
    alerts.take(halt('first'));
    alerts.take(halt('second'));
    for (let tries = 1; tries <= 2; tries++) {
      await settled();
      expect(clock.numPending).toBe(1);
      expect(bodies.map(({ text }) => text)).toEqual(Array(tries).fill('first'));
      clock.runUntil(clock.monotonicMs() + 60_000);
    }
    await becomes(() =>
      expect(bodies.map(({ text }) => text)).toEqual(['first', 'first', 'first', 'second']),
    );
    await becomes(() => expect(spooled()).toBe(0));
  });

  test('waits as long as the address asks', async () => {
    const { sender: alerts, clock, bodies } = sender([{ status: 429, detail: '', retryAfterMs: 300_000 }]);
    alerts.take(halt());
    await settled();
    expect(clock.numPending).toBe(1);
    clock.runUntil(clock.monotonicMs() + 299_999);
    expect(bodies).toHaveLength(1);
    clock.runUntil(clock.monotonicMs() + 1);
    await becomes(() => expect(alerts.status.sent).toBe(1));
  });

  test('for an address that hangs makes nobody wait, is cut off, and is left to the next session', async () => {
    const { sender: alerts, clock } = sender(['hang', 'hang', 'hang']);
    alerts.take(halt('one'));
    clock.runUntil(clock.monotonicMs() + 10_000);
    await settled();
    expect(clock.numPending).toBe(1);
    const closing = alerts.close(3000);
    clock.runUntil(clock.monotonicMs() + 3000);
    expect(await closing).toEqual({ sent: 0, waiting: 1, givenUp: 0 });
    expect(spooled()).toBe(1);

    const next = sender([]);
    await next.sender.begin();
    await becomes(() => expect(next.bodies).toMatchObject([{ text: 'one', id: '1000000-000000' }]));
    await becomes(() => expect(spooled()).toBe(0));
  });

  test('that is refused three times, or that nobody took for a day, is given up and said', async () => {
    const no: PostAnswer = { status: 404, detail: 'Not Found', retryAfterMs: 0 };
    const { sender: alerts, clock, said } = sender([no, no, no]);
    alerts.take(halt());
    for (let i = 0; i < 2; i++) {
      await settled();
      expect(clock.numPending).toBe(1);
      clock.runUntil(clock.monotonicMs() + 60_000);
    }
    await becomes(() =>
      expect(said).toEqual(['An alert for 127.0.0.1:1 was given up: it was refused: 404 Not Found.']),
    );
    await becomes(() => expect(spooled()).toBe(0));

    const gone: PostAnswer = { status: 0, detail: 'connect ECONNREFUSED', retryAfterMs: 0 };
    const old = sender(Array(2000).fill(gone));
    old.sender.take(halt());
    await settled();
    expect(old.clock.numPending).toBe(1);
    old.clock.runUntil(old.clock.monotonicMs() + 86_400_001);
    await becomes(() => expect(old.said[0]).toMatch(/nobody took it for a day: 0 connect/));
  });

  test('is one of a thousand that wait at most, and of an address no longer named it is said', async () => {
    const { sender: alerts, clock, said } = sender(['hang', 'hang']);
    for (let i = 0; i < 1003; i++) alerts.take(halt(`${i}`));
    expect(alerts.status).toEqual({ sent: 0, waiting: 1000, givenUp: 3 });
    expect(said).toHaveLength(3);
    await closeNow(alerts, clock);
    const other = sender([], { addresses: [{ url: 'https://example.org/other', on: ['halt'] }] });
    await other.sender.begin();
    expect(other.said).toEqual([
      expect.stringMatching(/^1000 alerts of earlier sessions were for addresses/),
    ]);
    expect(spooled()).toBe(0);
  });

  test('is sent though nothing can be written', async () => {
    const spool = new AlertSpool('/dev/null/alerts');
    const { sender: alerts } = sender([], { spool });
    alerts.take(halt());
    await becomes(() => expect(alerts.status.sent).toBe(1));
    await becomes(() => expect(spool.numFailed).toBe(1));
  });

  test('does not hold the secret of its address on the disk', async () => {
    const { sender: alerts, clock } = sender(['hang', 'hang']);
    alerts.take(halt());
    await becomes(() => expect(spooled()).toBe(1));
    expect(readdirSync(join(directory, 'alerts')).join()).not.toContain('secret');
    await closeNow(alerts, clock);
  });

  test.each(['ftp://x/y', 'no address', 'file:///etc/passwd'])(
    'to %s is refused before the session begins',
    (url) => {
      expect(() => sender([], { addresses: [{ url, on: ['halt'] }] })).toThrow(
        'needs an http or https address',
      );
    },
  );
});

test('each thing that happens is an alert of its kind, or none', () => {
  const nameOf = () => 'bybit BTC/USDT';
  const cases: [record: TapeRecord, kind: string | undefined, text?: RegExp][] = [
    [['halt', 1, 'by hand'], 'halt', /by hand/],
    [['halted', 1, 'drawdown of 21.0 %'], 'halt', /drawdown/],
    [['tape-failed', 1, 'ENOSPC'], 'halt', /Risk is only reduced: ENOSPC/],
    [['model', 1, 'm@2', null], 'promotion', /m@2 decides/],
    [['fill', 1, { size: -0.5, price: 100 }], 'fill', /^Sold 0.5 at 100\.$/],
    [['fill', 1, { side: 1, filled: 2, notional: 50 }], 'fill', /^Bought 2 at 25\.$/],
    [['fill', 1, { side: 1, filled: 0, notional: 0 }], 'fill', /not filled/],
    [['event', 1, 0, 'book-lost', { reason: 'sequence-gap', detail: 'x' }], 'loss', /sequence-gap/],
    [['event', 1, 0, 'disconnected', { reason: 'code 1006' }], 'loss', /code 1006/],
    [['event', 1, 0, 'disconnected', { reason: 'stopped' }], undefined],
    [['event', 1, 0, 'book-lost', { reason: 'disconnected', detail: 'stopped' }], undefined],
    [['event', 1, 0, 'disabled', { reason: 'refused' }], 'loss', /given up/],
    [['event', 1, 0, 'book-stale', { ageMs: 6000.25 }], 'stale', /6000 ms/],
    [['event', 1, 0, 'connected', {}], undefined],
    [['decision', 1, 0, 'pass', null, 0, 1, 0], undefined],
    [['order', 1, {}], undefined],
  ];
  for (const [record, kind, text = /./] of cases) {
    const alert = alertOf(record, nameOf);
    expect(alert?.kind, JSON.stringify(record)).toBe(kind);
    if (alert !== undefined) expect(alert.text).toMatch(text);
  }
});

test('half of the drawdown that halts is a loss, told once a peak', () => {
  const watch = new DrawdownWatch(0.2);
  const told = [100, 90.1, 89.99, 85, 95, 101, 95, 90.8].map((equity) => watch.take(1, equity)?.text);
  expect(told.map((text) => text !== undefined)).toEqual([
    ...[false, false, true, false, false, false, false, true],
  ]);
  expect(told[2]).toBe('The equity has lost 10.0 % since its peak; the guard halts at 20.0 %.');
});

test('a file may leave out what an address is told of, and may not name what there is not', () => {
  expect(alertsSchema.parse([{ url: URL_A }])[0].on).not.toContain('fill');
  expect(alertsSchema.parse([{ url: URL_A, on: [...ALERT_KINDS] }])[0].on).toHaveLength(ALERT_KINDS.length);
  expect(alertsSchema.safeParse([{ url: URL_A, on: ['fills'] }]).success).toBe(false);
  expect(alertsSchema.safeParse([{ url: URL_A, on: [] }]).success).toBe(false);
});

test('an address that cannot be reached is an answer of status 0 with the reason', async () => {
  const answer = await postJson('http://127.0.0.1:9/', '{}', AbortSignal.timeout(5000));
  expect(answer).toEqual({
    status: 0,
    detail: expect.stringMatching(/ECONNREFUSED|bad port/),
    retryAfterMs: 0,
  });
});

test('a leg that found less than it was sent for, and a position closed by force, say on which market', () => {
  const nameOf = (source: number) => ['bybit BTC/USDT', 'okx-perpetual BTC/USDT'][source];
  const fill = { venue: 1, side: 1, filled: 2, notional: 200, missed: 0, isForced: false };
  const alert = (more: object) => alertOf(['fill', 1, { ...fill, ...more }], nameOf);
  expect(alert({})).toMatchObject({ kind: 'fill', text: 'Bought 2 at 100.' });
  expect(alert({ missed: 1e-12 })?.kind).toBe('fill');
  expect(alert({ missed: 1 })).toMatchObject({
    kind: 'leg',
    text: 'okx-perpetual BTC/USDT: 1 of 3 were not there. Bought 2 at 100.',
  });
  expect(alert({ isForced: true, missed: 1 })).toMatchObject({
    kind: 'margin',
    text: 'okx-perpetual BTC/USDT: the margin did not bear it. Bought 2 at 100.',
  });
  expect(alertOf(['fill', 1, { size: -1, price: 90, liquidation: true }], nameOf)).toMatchObject({
    kind: 'margin',
    text: 'the margin did not bear it. Sold 1 at 90.',
  });
});
