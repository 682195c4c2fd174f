/** A short session with each venue, as its fake tells it, with a trade and a ticker at the end. */
import { createRng } from '../../../core/rng.ts';
import type { VenueInput } from '../../../live/connection/venue.ts';
import { CHANNELS, parseMarkets } from '../../../live/connection/venue-markets.ts';
import { VenueSession } from '../../../live/connection/venue-session.ts';
import type { VenueSample } from '../../../testing/venue.ts';
import { FakeMarket } from '../fake-market.ts';
import { countState, type Dialect, type Peer } from './dialects.ts';

const START_MS = 1_700_000_000_000;

const CLOSING_FRAMES: Readonly<Record<string, (sequence: number) => unknown[]>> = {
  binance: () => [
    { e: 'trade', E: START_MS, s: 'BTCUSDT', t: 12345, p: '0.001', q: '100', T: START_MS, m: true, M: true },
    { u: 400900217, s: 'BTCUSDT', b: '25.35190000', B: '31.21000000', a: '25.36520000', A: '40.66000000' },
  ],
  coinbase: (sequence) => [
    {
      channel: 'market_trades',
      timestamp: '2023-11-14T22:13:20.39625135Z',
      sequence_num: sequence,
      events: [
        {
          type: 'update',
          trades: [
            {
              trade_id: '1',
              product_id: 'BTC-USDT',
              price: '1260.01',
              size: '0.3',
              side: 'BUY',
              time: '2019-08-14T20:42:27.265Z',
            },
          ],
        },
      ],
    },
    {
      channel: 'ticker',
      timestamp: '2023-11-14T22:13:20.39625135Z',
      sequence_num: sequence + 1,
      events: [
        {
          type: 'update',
          tickers: [
            {
              type: 'ticker',
              product_id: 'BTC-USDT',
              price: '21932.98',
              best_bid: '21931.98',
              best_bid_quantity: '8000.21',
              best_ask: '21933.98',
              best_ask_quantity: '8038.07770938',
            },
          ],
        },
      ],
    },
  ],
  kraken: () => [
    {
      channel: 'trade',
      type: 'update',
      data: [
        {
          symbol: 'BTC/USDT',
          side: 'buy',
          price: 34000.5,
          qty: 0.005,
          ord_type: 'market',
          trade_id: 4711,
          timestamp: '2024-01-01T00:00:00.123456Z',
        },
      ],
    },
    {
      channel: 'ticker',
      type: 'update',
      data: [
        {
          symbol: 'BTC/USDT',
          bid: 87794.0,
          bid_qty: 0.08299728,
          ask: 87794.1,
          ask_qty: 2.44593945,
          last: 87794.1,
        },
      ],
    },
  ],
  bybit: () => [
    {
      topic: 'publicTrade.BTCUSDT',
      type: 'snapshot',
      ts: START_MS,
      data: [{ T: START_MS, s: 'BTCUSDT', S: 'Buy', v: '0.001', p: '16578.50', i: '20f43950', BT: false }],
    },
    {
      topic: 'tickers.BTCUSDT',
      type: 'snapshot',
      ts: START_MS,
      data: { symbol: 'BTCUSDT', lastPrice: '16578.5' },
    },
  ],
  okx: () => [
    {
      arg: { channel: 'trades', instId: 'BTC-USDT' },
      data: [
        {
          instId: 'BTC-USDT',
          tradeId: '130639474',
          px: '42219.9',
          sz: '0.12',
          side: 'buy',
          ts: '1700000000000',
        },
      ],
    },
    {
      arg: { channel: 'tickers', instId: 'BTC-USDT' },
      data: [
        {
          instId: 'BTC-USDT',
          last: '9999.99',
          askPx: '9999.99',
          askSz: '11',
          bidPx: '8888.88',
          bidSz: '5',
          ts: '1700000000000',
        },
      ],
    },
  ],
  'binance-perpetual': () => [
    { e: 'aggTrade', E: START_MS, s: 'BTCUSDT', a: 5933014, p: '3000.1', q: '100', T: START_MS, m: true },
    { e: 'bookTicker', u: 4, E: START_MS, T: START_MS, s: 'BTCUSDT', b: '3000', B: '3', a: '3001', A: '4' },
    {
      e: 'markPriceUpdate',
      E: START_MS,
      s: 'BTCUSDT',
      p: '3000.15000000',
      i: '2999.62659091',
      P: '3000.25641265',
      r: '0.00038167',
      T: START_MS + 3_600_000,
    },
  ],
  'bybit-perpetual': () => [
    {
      topic: 'publicTrade.BTCUSDT',
      type: 'snapshot',
      ts: START_MS,
      data: [{ T: START_MS, s: 'BTCUSDT', S: 'Buy', v: '0.001', p: '3000.50', i: '20f43950', BT: false }],
    },
    {
      topic: 'tickers.BTCUSDT',
      type: 'snapshot',
      ts: START_MS,
      data: {
        symbol: 'BTCUSDT',
        lastPrice: '3000.5',
        bid1Price: '3000',
        bid1Size: '1',
        ask1Price: '3001',
        ask1Size: '2',
        markPrice: '3000.4',
        indexPrice: '3000.3',
        openInterest: '68744.761',
        fundingRate: '-0.000212',
        nextFundingTime: String(START_MS + 3_600_000),
      },
    },
  ],
  'okx-perpetual': () => {
    const instId = 'BTC-USDT-SWAP';
    const ts = String(START_MS);
    const frame = (channel: string, data: object) => ({
      arg: { channel, instId },
      data: [{ instId, ts, ...data }],
    });
    return [
      frame('trades', { tradeId: '130639474', px: '3000.9', sz: '12', side: 'buy' }),
      frame('tickers', { last: '3000', askPx: '3001', askSz: '11', bidPx: '3000', bidSz: '5' }),
      frame('mark-price', { instType: 'SWAP', markPx: '3000.1' }),
      frame('funding-rate', {
        fundingRate: '0.0001875391284828',
        fundingTime: String(START_MS + 3_600_000),
        nextFundingRate: '',
        nextFundingTime: String(START_MS + 7_200_000),
      }),
      frame('open-interest', { oi: '2125419', oiCcy: '21254.19', oiUsd: '1' }),
    ];
  },
  upbit: () => KOREAN_FRAMES,
  bithumb: () => KOREAN_FRAMES,
};

const KOREAN_FRAMES = [
  {
    type: 'trade',
    code: 'USDT-BTC',
    timestamp: START_MS,
    trade_timestamp: START_MS,
    trade_price: 34000.5,
    trade_volume: 0.005,
    ask_bid: 'BID',
    sequential_id: 1_700_000_000_000_000,
    stream_type: 'REALTIME',
  },
  { type: 'ticker', code: 'USDT-BTC', trade_price: 34000.5, timestamp: START_MS, stream_type: 'REALTIME' },
];

/** What a session with the fake venue takes in: its answers to the subscriptions, some updates, a trade, a ticker. */
export function sampleOf(dialect: Dialect, numUpdates = 3): VenueSample {
  const { plugin } = dialect;
  const market = new FakeMarket('BTC', 'USDT', createRng('sample'));
  const inputs: VenueInput[] = [];
  const waiting: VenueInput[] = [{ kind: 'open' }];
  const peer: Peer = {
    markets: [market],
    subscribed: new Map(),
    sequence: 0,
    nowMs: () => START_MS,
    send: (data) => waiting.push({ kind: 'frame', text: String(data) }),
  };
  const markets = parseMarkets(plugin.name, ['BTC/USDT'], plugin.nativeSymbol);
  const session = new VenueSession({
    setup: plugin.connect(markets),
    markets,
    channels: CHANNELS,
    onEvent: () => {},
    onCommand(command) {
      if (command.kind === 'send') dialect.hear(peer, command.text);
      else if (command.kind === 'fetch-snapshot')
        waiting.push({ kind: 'snapshot', symbol: command.symbol, body: dialect.rest!(market, command.url) });
    },
  });
  const takeAll = () => {
    for (let input = waiting.shift(); input !== undefined; input = waiting.shift()) {
      inputs.push(input);
      session.handle(input, START_MS);
    }
  };
  takeAll();
  for (let i = 0; i < numUpdates; i++) {
    const change = market.advance(START_MS);
    countState(market);
    dialect.tell(peer, market, change);
    takeAll();
  }
  for (const frame of CLOSING_FRAMES[plugin.name](peer.sequence))
    inputs.push({ kind: 'frame', text: JSON.stringify(frame) });
  return { markets: ['BTC/USDT'], inputs };
}
