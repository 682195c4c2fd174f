/** What venues say of perpetuals beside their books: marks, funding, open interest, the size of a contract. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { VenueConnection } from '../../../live/connection/connection.ts';
import type { SocketHandlers, Transport } from '../../../live/connection/transport.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { binance } from '../../../live/venues/binance.ts';
import { binancePerpetual } from '../../../live/venues/binance-perpetual.ts';
import { bybitPerpetual } from '../../../live/venues/bybit-perpetual.ts';
import { okxPerpetual } from '../../../live/venues/okx-perpetual.ts';
import { type Harness, harness, levels } from '../session/session-harness.ts';

const contracts = ({ events }: Harness) => events.filter(({ kind }) => kind === 'contract');
const HOUR_MS = 1_700_002_800_000;

describe('binance-perpetual', () => {
  const mark = (more: object = {}) => ({
    stream: 'btcusdt@markPrice@1s',
    data: {
      e: 'markPriceUpdate',
      E: 1_700_000_000_000,
      s: 'BTCUSDT',
      p: '11794.15000000',
      i: '11784.62659091',
      P: '11784.25641265',
      r: '-0.00038167',
      T: HOUR_MS,
      ...more,
    },
  });

  test('tells mark, index, the rate to come and its time', () => {
    const venue = harness(binancePerpetual, ['BTC/USDT']);
    venue.frame(mark());
    expect(contracts(venue)).toMatchObject([
      { mark: 11794.15, index: 11784.62659091, fundingRate: -0.00038167, fundingTimeMs: HOUR_MS },
    ]);
    venue.frame(mark({ r: '', T: 0 }));
    expect(contracts(venue)[1]).toMatchObject({ fundingRate: Number.NaN, fundingTimeMs: Number.NaN });
    expect(venue.session.counters.contracts).toBe(2);
  });

  test.each([{ p: '0' }, { p: '-1' }, { p: 'NaN' }, { r: '1' }, { r: '--0.1' }, { r: null }, { T: '1e3' }])(
    'refuses %o',
    (more) => {
      const venue = harness(binancePerpetual, ['BTC/USDT']);
      venue.frame(mark(more));
      expect([contracts(venue).length, venue.session.counters.rejected.malformed]).toEqual([0, 1]);
    },
  );

  test('refuses a mark that its book contradicts', () => {
    const venue = harness(binancePerpetual, ['BTC/USDT'], { channels: ['book'] });
    venue.frame({ e: 'depthUpdate', E: 1, s: 'BTCUSDT', U: 9, u: 11, pu: 8, b: [], a: [] });
    const body = JSON.stringify({ lastUpdateId: 10, bids: [['100', '1']], asks: [['101', '1']] });
    venue.take({ kind: 'snapshot', symbol: 'BTC/USDT', body });
    expect(venue.tradable()).toBe(true);
    venue.frame(mark({ p: '403' }));
    expect(contracts(venue)).toEqual([]);
    venue.frame(mark({ p: '401' }));
    expect(contracts(venue).length).toBe(1);
  });

  test('asks the public address for books and the market’s for marks and trades', () => {
    const clock = new VirtualClock(0);
    const opened: { url: string; handlers: SocketHandlers; sent: string[]; isOver: boolean }[] = [];
    const transport: Transport = {
      connect(url, _options, handlers) {
        const socket = { url, handlers, sent: [] as string[], isOver: false };
        opened.push(socket);
        return {
          send: (text) => void socket.sent.push(text),
          terminate: () => {
            socket.isOver = true;
          },
        };
      },
      get: () => () => {},
    };
    const connection = new VenueConnection({
      plugin: binancePerpetual,
      markets: ['BTC/USDT'],
      channels: ['book', 'trades'],
      clock,
      transport,
      rng: createRng(1),
    });
    connection.start();
    const [first, second] = opened;
    expect([first.url, second.url]).toEqual([
      'wss://fstream.binance.com/public/stream',
      'wss://fstream.binance.com/market/stream',
    ]);
    second.handlers.open();
    expect(connection.status.state).toBe('connecting');
    first.handlers.open();
    clock.runUntil(1000);
    const streams = ({ sent }: { sent: string[] }) => sent.flatMap((text) => JSON.parse(text).params);
    expect([streams(first), streams(second)]).toEqual([
      ['btcusdt@depth@100ms'],
      ['btcusdt@aggTrade', 'btcusdt@markPrice@1s'],
    ]);
    // One that closes takes the other with it.
    second.handlers.close('code 1006');
    expect([first.isOver, connection.status.state]).toEqual([true, 'waiting']);
    connection.stop();
  });

  test('of one address is asked there for everything', () => {
    const { markets } = { markets: harness(binance, ['BTC/USDT']).session.feeds.map(({ market }) => market) };
    expect(binancePerpetual.connect(markets, { url: 'ws://127.0.0.1:1/x' }).side).toBeUndefined();
  });
});

describe('bybit-perpetual', () => {
  const ticker = (type: string, data: object) => ({
    topic: 'tickers.BTCUSDT',
    type,
    ts: 1_700_000_000_000,
    data: { symbol: 'BTCUSDT', ...data },
  });

  test('tells what a ticker says, and of a delta what changed alone', () => {
    const venue = harness(bybitPerpetual, ['BTC/USDT'], { channels: ['book'] });
    venue.frame(
      ticker('snapshot', {
        markPrice: '17217.33',
        indexPrice: '17227.36',
        openInterest: '68744.761',
        fundingRate: '-0.000212',
        nextFundingTime: String(HOUR_MS),
      }),
    );
    venue.frame(ticker('delta', { markPrice: '17218' }));
    // The book's quote moved, and nothing else.
    venue.frame(ticker('delta', { bid1Price: '17218' }));
    expect(contracts(venue)).toMatchObject([
      { mark: 17217.33, fundingRate: -0.000212, fundingTimeMs: HOUR_MS, openInterest: 68744.761 },
      { mark: 17218, fundingRate: Number.NaN, openInterest: Number.NaN },
    ]);
    expect(venue.events.some(({ kind }) => kind === 'ticker')).toBe(false);
  });
});

describe('okx-perpetual', () => {
  const swap = (more: object = {}) =>
    JSON.stringify({
      code: '0',
      msg: '',
      data: [
        {
          ctType: 'linear',
          ctVal: '0.01',
          ctMult: '1',
          tickSz: '0.1',
          lotSz: '0.1',
          minSz: '0.1',
          lever: '100',
          ...more,
        },
      ],
    });
  const arg = (channel: string) => ({ channel, instId: 'BTC-USDT-SWAP' });
  const open = (config: object = {}, body = swap()) => {
    const venue = harness(okxPerpetual, ['BTC/USDT'], { config: { ...config } });
    expect(venue.sent()).toEqual([]);
    venue.take({ kind: 'snapshot', symbol: 'BTC/USDT', body });
    return venue;
  };

  test('is asked for nothing before the size of a contract is known, and counts in coins', () => {
    const venue = open();
    expect(venue.events.find(({ kind }) => kind === 'instrument')).toMatchObject({
      contractSize: 0.01,
      tickSize: 0.1,
      lotSize: 0.001,
      maxLeverage: 100,
    });
    const channels = (venue.sent()[0] as { args: { channel: string }[] }).args.map(({ channel }) => channel);
    expect(channels).toEqual(['books', 'trades', 'tickers', 'mark-price', 'funding-rate', 'open-interest']);
    venue.frame({
      arg: arg('books'),
      action: 'snapshot',
      data: [
        { bids: [['100', '200']], asks: [['101', '50']], ts: '1', checksum: 0, prevSeqId: -1, seqId: 5 },
      ],
    });
    expect([levels(venue.book(), 'bid'), levels(venue.book(), 'ask')]).toEqual([['100 x 2'], ['101 x 0.5']]);
    venue.frame({ arg: arg('trades'), data: [{ tradeId: '1', px: '100', sz: '3', side: 'buy', ts: '2' }] });
    expect(venue.events.at(-1)).toMatchObject({ kind: 'trade', size: 0.03 });
  });

  test('tells mark, rates and open interest, each from its own channel', () => {
    const venue = open();
    const data = (fields: object) => [{ ts: '1700000000000', ...fields }];
    venue.frame({ arg: arg('mark-price'), data: data({ markPx: '42310.6' }) });
    venue.frame({
      arg: arg('funding-rate'),
      data: data({ fundingRate: '0.0001875', fundingTime: String(HOUR_MS), nextFundingRate: '-0.0002' }),
    });
    venue.frame({ arg: arg('open-interest'), data: data({ oi: '2125419', oiCcy: '21254.19' }) });
    expect(contracts(venue)).toMatchObject([
      { mark: 42310.6, fundingRate: Number.NaN },
      { fundingRate: 0.0001875, fundingTimeMs: HOUR_MS, predictedRate: -0.0002, mark: Number.NaN },
      { openInterest: 21254.19 },
    ]);
  });

  test.each([
    [{ contractSize: 0.1 }, swap(), 'is 0.01 by the venue and 0.1 by "contractSize"'],
    [{}, swap({ ctType: 'inverse' }), 'is settled in its own base'],
  ])('is refused where contract and settings disagree: %o', (config, body, message) => {
    expect(open(config, body).session.disabledReason).toContain(message);
  });

  test('asks again for a size that did not come, and after each connection', () => {
    const venue = open({}, '{"code":"50011","msg":"Too Many Requests","data":[]}');
    const asked = () => venue.commands.filter(({ kind }) => kind === 'fetch-snapshot').length;
    expect([venue.sent().length, asked()]).toEqual([0, 2]);
    venue.take({ kind: 'snapshot', symbol: 'BTC/USDT', body: swap() });
    expect(venue.sent().length).toBe(1);
    venue.take({ kind: 'close', reason: 'gone' });
    venue.take({ kind: 'open' });
    expect([venue.sent().length, asked()]).toEqual([1, 3]);
  });
});
