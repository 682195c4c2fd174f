/** A tape that is played over HTTP: what a client is given that asks for a snapshot. */
import { afterEach, expect, test } from 'vitest';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { resolveLiveConfig } from '../../../live/session/config.ts';
import { serveTape, type TapeServer } from '../../../live/tape/server.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { entriesOf } from '../recorded-session.ts';

const T0 = 1_700_000_000_000;
let server: TapeServer | undefined;
afterEach(() => server?.close());

async function ask(records: TapeRecord[]): Promise<[status: number, body: string][]> {
  const markets = ['binance', 'bybit'].map((venue) => ({ venue, symbol: 'BTC/USDT' }));
  const config = JSON.parse(
    JSON.stringify(resolveLiveConfig({ mode: 'record', markets, channels: ['book'] })),
  );
  const tape: TapeRecord[] = [['session', T0, { config, model: 'm', modelCreatedMs: null }], ...records];
  server = await serveTape({ open: () => entriesOf(tape), clock: new VirtualClock(T0) });
  return Promise.all(
    server.endpoints.map(async ({ restUrl }) => {
      const answer = await fetch(`${restUrl}/api/v3/depth?symbol=BTCUSDT`);
      return [answer.status, await answer.text()] as [number, string];
    }),
  );
}

test('before it plays, the first snapshot of the venue on the tape; none where there is none', async () => {
  const answers = await ask([
    ['input', T0, 0, 'open'],
    ['input', T0 + 1, 0, 'frame', 'a frame'],
    ['input', T0 + 2, 0, 'snapshot', 'BTC/USDT', 'the first'],
    ['input', T0 + 3, 0, 'snapshot', 'BTC/USDT', 'the second'],
  ]);
  expect(answers).toEqual([
    [200, 'the first'],
    [404, ''],
  ]);
});

test('each venue has its own', async () => {
  const answers = await ask([
    ['input', T0 + 2, 1, 'snapshot', 'BTC/USDT', 'of bybit'],
    ['input', T0 + 3, 0, 'snapshot', 'BTC/USDT', 'of binance'],
  ]);
  expect(answers).toEqual([
    [200, 'of binance'],
    [200, 'of bybit'],
  ]);
});
