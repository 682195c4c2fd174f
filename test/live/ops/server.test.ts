import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../../live/connection/clock.ts';
import { type OpsServer, type OpsServerOptions, startOpsServer } from '../../../live/ops/server.ts';
import { healthOf, type OpsHealth, type OpsState, type OpsView } from '../../../live/ops/view.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { type ScriptedRun, scriptedRun, TRADING_SCRIPT } from '../scripted-run.ts';

const TOKEN = 'correct-horse-battery';
const books = walkingBooks({ events: 4000, depth: 3 });

let script: ScriptedRun;
let server: OpsServer;
beforeAll(async () => {
  script = scriptedRun({ books, config: TRADING_SCRIPT, loopLag: () => ({ p50Ms: 1, p99Ms: 2, maxMs: 30 }) });
  script.play(600);
  server = await startOpsServer(script.monitor, { clock: systemClock });
});
afterAll(async () => {
  await server.close();
  await script.close();
});

const start = (options: Partial<OpsServerOptions> = {}, view: OpsView = script.monitor) =>
  startOpsServer(view, { clock: systemClock, ...options });

/** A request with any headers at all, which fetch would not send. */
function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

const JSON_HEADERS = { 'content-type': 'application/json' };

interface Client {
  readonly socket: WebSocket;
  readonly messages: Record<string, never>[];
  /** Resolves with the first message of a kind, also one that came before. */
  first(kind: string): Promise<Record<string, never>>;
  readonly closed: Promise<number>;
}

function follow(url: string, headers: Record<string, string> = {}): Client {
  const socket = new WebSocket(`${url.replace('http', 'ws')}`, { headers });
  const messages: Record<string, never>[] = [];
  const waiting: [string, (message: Record<string, never>) => void][] = [];
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    messages.push(message);
    for (const [kind, resolve] of waiting) if (kind === message.kind) resolve(message);
  });
  socket.on('error', () => {});
  return {
    socket,
    messages,
    first: (kind) =>
      new Promise((resolve) => {
        const found = messages.find((message) => message.kind === kind);
        if (found !== undefined) resolve(found);
        else waiting.push([kind, resolve]);
      }),
    closed: new Promise((resolve) => socket.on('close', resolve)),
  };
}

/** HTTP status that an upgrade is refused with; 101 when it is not. */
function upgradeStatus(url: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers });
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('error', () => {});
  });
}

describe('what it shows', () => {
  test('state is the session: account, guard, model, venues, counts', async () => {
    const { status, body, headers } = await ask(`${server.url}/state`);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    const state: OpsState = JSON.parse(body);
    const { account, session } = { account: script.run.market.account, session: script.run.session };
    expect(state.account).toEqual(account);
    expect(state.numDecisions).toBe(session.numDecisions);
    expect(state.numDecisions).toBeGreaterThan(100);
    expect(state.guard).toEqual({ state: 'active', haltReason: null });
    expect(state.model).toEqual({ id: 'hash', createdMs: null });
    expect(state.venues).toMatchObject([
      { venue: 'bybit', symbol: 'BTC/USDT', isTradable: true, state: 'connected', counters: { frames: 600 } },
    ]);
    const { records, verdicts, denials } = state.counts;
    expect(records.decision).toBe(state.numDecisions);
    expect(records.fill).toBe(account.numFills);
    expect(verdicts.pass + verdicts.hold + verdicts.flatten).toBe(state.numDecisions);
    expect(denials['max-notional']).toBe(verdicts.hold);
    expect(state.decisionLatency.count).toBeGreaterThan(0);
  });

  test('metrics are Prometheus text: each line well formed, histograms cumulative, names declared once', async () => {
    const { status, body, headers } = await ask(`${server.url}/metrics`);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const declared = new Map<string, string>();
    const samples = new Map<string, number>();
    for (const line of body.trimEnd().split('\n')) {
      const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
      if (type !== null) {
        expect(declared.has(type[1])).toBe(false);
        declared.set(type[1], type[2]);
      }
      if (line.startsWith('#')) continue;
      const sample = /^(\w+)(\{(?:\w+="[^"]*",?)*\})? (\S+)$/.exec(line);
      if (sample === null) throw new Error(`not a sample: ${line}`);
      const name = sample[1].replace(/_(bucket|sum|count)$/, '');
      expect(declared.has(sample[1]) || declared.get(name) === 'histogram').toBe(true);
      expect(samples.has(`${sample[1]}${sample[2] ?? ''}`)).toBe(false);
      samples.set(`${sample[1]}${sample[2] ?? ''}`, Number(sample[3].replace('Inf', 'Infinity')));
    }
    const venue = '{venue="bybit",symbol="BTC/USDT"}';
    expect(samples.get(`market_gym_venue_frames_total${venue}`)).toBe(600);
    expect(samples.get(`market_gym_venue_tradable${venue}`)).toBe(1);
    expect(samples.get('market_gym_guard_state{state="active"}')).toBe(1);
    expect(samples.get('market_gym_guard_state{state="halted"}')).toBe(0);
    expect(samples.get('market_gym_equity')).toBe(script.run.market.account.equity);
    expect(samples.get('market_gym_denials_total{reason="max-notional"}')).toBeGreaterThan(0);
    expect(samples.get('market_gym_model_info{model="hash"}')).toBe(1);
    expect(samples.get('market_gym_event_loop_lag_seconds{quantile="1"}')).toBe(0.03);
    const buckets = [...samples].filter(([name]) =>
      name.startsWith('market_gym_decision_latency_seconds_bucket'),
    );
    const counts = buckets.map(([, count]) => count);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(samples.get('market_gym_decision_latency_seconds_count'));
  });

  test('health is ok while the session trades, degraded without one venue, failing without all or when halted', () => {
    const state = script.monitor.state();
    const [venue] = state.venues;
    const lost = { ...venue, venue: 'okx', isTradable: false, state: 'waiting' as const };
    expect(healthOf(state)).toEqual({ status: 'ok', reasons: [] });
    expect(healthOf({ ...state, venues: [venue, lost] })).toEqual({
      status: 'degraded',
      reasons: ['okx BTC/USDT is not tradable: waiting'],
    });
    expect(healthOf({ ...state, venues: [lost] }).status).toBe('failing');
    expect(healthOf({ ...state, isRunning: false }).status).toBe('failing');
    expect(state.learning).toBeNull();
    const learning = { champion: 'policy@1', candidate: null, task: null, isWatched: true, drift: 'it lost' };
    expect(healthOf({ ...state, learning })).toEqual({
      status: 'degraded',
      reasons: ['policy@1 has drifted: it lost'],
    });
    expect(healthOf({ ...state, learning: { ...learning, drift: null } }).status).toBe('ok');
    expect(healthOf({ ...state, guard: { state: 'reducing', haltReason: null } }).status).toBe('degraded');
    expect(healthOf({ ...state, guard: { state: 'halted', haltReason: 'why' } }).reasons).toEqual([
      'halted: why',
    ]);
  });

  test('healthz answers 503 when the only venue is lost, and 200 when it is back', async () => {
    const own = scriptedRun({ books, config: TRADING_SCRIPT });
    const door = await start({}, own.monitor);
    const health = async () => {
      const { status, body } = await ask(`${door.url}/healthz`);
      return [status, (JSON.parse(body) as OpsHealth).status];
    };
    expect(await health()).toEqual([503, 'failing']);
    own.play(50);
    expect(await health()).toEqual([200, 'ok']);
    own.cut(0);
    expect(await health()).toEqual([503, 'failing']);
    own.play(50);
    expect(await health()).toEqual([200, 'ok']);
    await door.close();
    await own.close();
  });
});

describe('the stream', () => {
  test('begins with state and history, then tells every decision and event once and in order', async () => {
    const first = follow(`${server.url}/stream`);
    const { history } = (await first.first('start')) as never as {
      history: { decisions: { index: number }[] };
    };
    const before = history.decisions.at(-1)!.index;
    script.play(100);
    const second = follow(`${server.url}/stream`);
    const late = (await second.first('start')) as never as typeof history extends infer H
      ? { history: H }
      : never;
    script.play(100);
    await second.first('decision');
    await new Promise((resolve) => setTimeout(resolve, 250));
    const last = script.run.session.numDecisions - 1;
    const indices = (client: Client) =>
      client.messages
        .filter(({ kind }) => kind === ('decision' as never))
        .map((m) => (m as never as { decision: { index: number } }).decision.index);
    const range = (from: number) => Array.from({ length: last - from }, (_, i) => from + 1 + i);
    expect(indices(first)).toEqual(range(before));
    expect(indices(second)).toEqual(range(late.history.decisions.at(-1)!.index));
    expect(first.messages.some(({ kind }) => kind === ('event' as never))).toBe(true);
    await first.first('state');
    first.socket.terminate();
    second.socket.terminate();
  });

  test.each([
    ['text', (socket: WebSocket) => socket.send('{"halt": true}'), 1003],
    ['binary', (socket: WebSocket) => socket.send(Buffer.alloc(100)), 1003],
    ['an oversize frame', (socket: WebSocket) => socket.send('x'.repeat(5000)), 1009],
    // A frame with reserved bits set, straight onto the wire.
    [
      'garbage',
      (socket: WebSocket) =>
        (socket as never as { _socket: { write(b: Buffer): void } })._socket.write(
          Buffer.from([0xff, 0xff, 1, 2, 3]),
        ),
      1002,
    ],
  ])('closes a client that sends %s, and it alone', async (_, say, code) => {
    const good = follow(`${server.url}/stream`);
    const bad = follow(`${server.url}/stream`);
    await Promise.all([good.first('start'), bad.first('start')]);
    say(bad.socket);
    expect(await bad.closed).toBe(code);
    await good.first('state');
    expect(good.socket.readyState).toBe(WebSocket.OPEN);
    good.socket.terminate();
    expect((await ask(`${server.url}/healthz`)).status).toBe(200);
  });

  test('a client that does not read is dropped; the others miss nothing', async () => {
    const listeners = new Set<Parameters<OpsView['subscribe']>[0]>();
    const view: OpsView = {
      state: () => script.monitor.state(),
      history: () => script.monitor.history(),
      halt: () => {},
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const door = await start({}, view);
    const slow = follow(`${door.url}/stream`);
    const good = follow(`${door.url}/stream`);
    await Promise.all([slow.first('start'), good.first('start')]);
    slow.socket.pause();
    const event = { timeMs: 0, kind: 'note', source: '', detail: 'x'.repeat(20_000) };
    let dropped = 0;
    let sent = 0;
    for (let i = 0; i < 100 && dropped === 0; i++) {
      for (let k = 0; k < 100; k++, sent++) for (const tell of listeners) tell({ kind: 'event', event });
      await new Promise((resolve) => setTimeout(resolve, 120));
      dropped = Number(/stream_dropped_total (\d+)/.exec((await ask(`${door.url}/metrics`)).body)?.[1]);
    }
    expect(dropped).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(good.messages.filter(({ kind }) => kind === ('event' as never)).length).toBe(sent);
    slow.socket.terminate();
    await door.close();
  });

  test('more than anybody can read is counted', async () => {
    let tell: Parameters<OpsView['subscribe']>[0] = () => {};
    let isSubscribed = false;
    const view: OpsView = {
      state: () => script.monitor.state(),
      history: () => script.monitor.history(),
      halt: () => {},
      subscribe(listener) {
        tell = listener;
        isSubscribed = true;
        return () => {
          isSubscribed = false;
        };
      },
    };
    const door = await start({}, view);
    const client = follow(`${door.url}/stream`);
    await client.first('start');
    for (let i = 0; i < 1500; i++)
      tell({ kind: 'event', event: { timeMs: i, kind: 'note', source: '', detail: null } });
    expect(await client.first('missed')).toEqual({ kind: 'missed', count: 500 });
    client.socket.terminate();
    await client.closed;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isSubscribed).toBe(false);
    await door.close();
  });
});

describe('halting', () => {
  test('stops the trading with its reason on the tape, and health says so', async () => {
    const own = scriptedRun({ books, config: TRADING_SCRIPT });
    own.play(500);
    const door = await start({}, own.monitor);
    const answer = await ask(`${door.url}/halt`, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: '{"reason": " a drill "}',
    });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { halted: true, reason: 'a drill' }]);
    expect(own.run.session.guard.haltReason).toBe('a drill');
    own.play(50);
    expect(own.monitor.history().decisions.at(-1)).toMatchObject({ verdict: 'flatten', reason: 'halted' });
    const health = await ask(`${door.url}/healthz`);
    expect([health.status, JSON.parse(health.body).reasons]).toEqual([503, ['halted: a drill']]);
    await door.close();
    await own.close();
  });

  test.each([
    ['by GET', { method: 'GET' }, 405],
    [
      'as a form would',
      { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"reason":"x"}' },
      415,
    ],
    ['without a reason', { method: 'POST', headers: JSON_HEADERS, body: '{}' }, 400],
    ['with an empty reason', { method: 'POST', headers: JSON_HEADERS, body: '{"reason":"  "}' }, 400],
    ['with no JSON', { method: 'POST', headers: JSON_HEADERS, body: 'null' }, 400],
    ['with garbage', { method: 'POST', headers: JSON_HEADERS, body: '\u0000{{' }, 400],
    ['with far too much', { method: 'POST', headers: JSON_HEADERS, body: 'x'.repeat(10_000) }, 413],
  ])('is not done %s', async (_, options, status) => {
    expect((await ask(`${server.url}/halt`, options)).status).toBe(status);
    expect(script.run.session.guard.state).toBe('active');
  });
});

describe('who is let in', () => {
  test('another interface than loopback needs a token, before a port is opened', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'token-required' });
    await expect(start({ host: '::' })).rejects.toMatchObject({ code: 'token-required' });
    await expect(start({ token: 'short' })).rejects.toMatchObject({ code: 'invalid-token' });
  });

  test('a token is asked for at every address, as a header or in the address', async () => {
    const door = await start({ host: '0.0.0.0', token: TOKEN });
    const url = door.url.replace('0.0.0.0', '127.0.0.1');
    for (const path of ['/', '/healthz', '/metrics', '/state', '/nowhere']) {
      const refused = await ask(url + path);
      expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer']);
      expect((await ask(`${url}${path}?token=${TOKEN}x`)).status).toBe(401);
    }
    expect((await ask(`${url}/state`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
    expect((await ask(`${url}/state`, { headers: { authorization: `Basic ${TOKEN}` } })).status).toBe(401);
    expect((await ask(`${url}/?token=${TOKEN}`)).status).toBe(200);
    const halt = { method: 'POST', headers: JSON_HEADERS, body: '{"reason":"x"}' };
    expect((await ask(`${url}/halt`, halt)).status).toBe(401);
    expect(await upgradeStatus(`${url}/stream`)).toBe(401);
    expect(await upgradeStatus(`${url}/stream?token=${TOKEN}`)).toBe(101);
    expect(await upgradeStatus(`${url}/stream`, { authorization: `Bearer ${TOKEN}` })).toBe(101);
    expect(script.run.session.guard.state).toBe('active');
    await door.close();
  });

  test('a page of another site reaches nothing, though a browser here has it open', async () => {
    const foreign = { origin: 'https://evil.example' };
    const halt = { method: 'POST', headers: { ...JSON_HEADERS, ...foreign }, body: '{"reason":"x"}' };
    expect((await ask(`${server.url}/halt`, halt)).status).toBe(403);
    expect(await upgradeStatus(`${server.url}/stream`, foreign)).toBe(403);
    expect(await upgradeStatus(`${server.url}/stream`, { origin: 'null' })).toBe(403);
    expect(await upgradeStatus(`${server.url}/stream`, { origin: server.url })).toBe(101);
    // A name that someone points at this machine.
    expect((await ask(`${server.url}/state`, { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await ask(`${server.url}/state`, { headers: { host: 'localhost:80' } })).status).toBe(200);
  });

  test('what is not there is not found, and what cannot be read harms nobody', async () => {
    expect((await ask(`${server.url}/nowhere`)).status).toBe(404);
    expect((await ask(`${server.url}/constructor`)).status).toBe(404);
    expect((await ask(`${server.url}/__proto__`)).status).toBe(404);
    expect((await ask(`${server.url}/state`, { method: 'DELETE' })).status).toBe(405);
    expect(await ask(`${server.url}/state`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect(await upgradeStatus(`${server.url}/state`)).toBe(404);
    const { port } = new URL(server.url);
    for (const bytes of [
      'GET //\u0001 HTTP/1.1\r\n\r\n',
      '\u0000\u0001\u0002',
      'GET http:// HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    ]) {
      await new Promise((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.end(bytes));
        socket
          .resume()
          .on('error', () => {})
          .on('close', resolve);
      });
    }
    expect((await ask(`${server.url}/healthz`)).status).toBe(200);
  });

  test('a port in use is one clear line', async () => {
    const port = Number(new URL(server.url).port);
    await expect(start({ port })).rejects.toMatchObject({
      code: 'port-in-use',
      message: `Port ${port} on 127.0.0.1 is in use; choose another.`,
    });
  });

  test('a view that throws answers 500, and the server lives on', async () => {
    const broken: OpsView = {
      ...script.monitor,
      state: () => {
        throw new Error('no state today');
      },
      history: () => script.monitor.history(),
      subscribe: () => () => {},
      halt: () => {},
    };
    const door = await start({}, broken);
    expect(await ask(`${door.url}/state`)).toMatchObject({ status: 500, body: 'no state today\n' });
    expect((await ask(`${door.url}/`)).status).toBe(200);
    await door.close();
  });
});
