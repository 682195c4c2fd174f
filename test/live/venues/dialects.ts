/** How each venue would tell of a fake market: written from the documentation, apart from the adapters. */
import { crc32 } from 'node:zlib';
import type { ConfigSchema } from '../../../core/config.ts';
import type { VenuePlugin } from '../../../live/connection/venue.ts';
import { binance } from '../../../live/venues/binance.ts';
import { binancePerpetual } from '../../../live/venues/binance-perpetual.ts';
import { bithumb } from '../../../live/venues/bithumb.ts';
import { bybit } from '../../../live/venues/bybit.ts';
import { bybitPerpetual } from '../../../live/venues/bybit-perpetual.ts';
import { coinbase } from '../../../live/venues/coinbase.ts';
import { kraken } from '../../../live/venues/kraken.ts';
import { okx } from '../../../live/venues/okx.ts';
import { okxPerpetual } from '../../../live/venues/okx-perpetual.ts';
import { upbit } from '../../../live/venues/upbit.ts';
import type { Change, FakeMarket, Level } from '../fake-market.ts';

/** The server's side of one connection. */
export interface Peer {
  readonly markets: readonly FakeMarket[];
  /** Markets whose book is subscribed to, with what the client holds of them. */
  readonly subscribed: Map<FakeMarket, { bids: readonly Level[]; asks: readonly Level[] }>;
  /** Frames so far. */
  sequence: number;
  nowMs(): number;
  send(data: string | Buffer): void;
}

export interface Dialect {
  readonly plugin: VenuePlugin<ConfigSchema>;
  /** Answers what the client says. */
  hear(peer: Peer, text: string): void;
  tell(peer: Peer, market: FakeMarket, change: Change): void;
  /** Called every second. */
  beat?(peer: Peer): void;
  /** The snapshot over HTTP. */
  rest?(market: FakeMarket, url: string): string;
}

function subscribeTo(peer: Peer, names: readonly string[], separator: string, on: boolean): FakeMarket[] {
  const markets = peer.markets.filter((market) => names.includes(market.base + separator + market.quote));
  for (const market of markets) {
    if (on) peer.subscribed.set(market, { bids: market.levels('bid'), asks: market.levels('ask') });
    else peer.subscribed.delete(market);
  }
  return on ? markets : [];
}

const binanceDialect = (plugin: VenuePlugin<ConfigSchema>, isFutures: boolean): Dialect => ({
  plugin,
  hear(peer, text) {
    const { params, id } = JSON.parse(text);
    const books = params.filter((stream: string) => stream.includes('@depth'));
    const names = books.map((stream: string) => stream.split('@')[0].toUpperCase());
    subscribeTo(peer, names, '', true);
    peer.send(JSON.stringify({ result: null, id }));
  },
  tell(peer, { base, quote }, { firstId, lastId, bids, asks }) {
    const data = {
      e: 'depthUpdate',
      E: Math.floor(peer.nowMs()),
      s: base + quote,
      U: firstId,
      u: lastId,
      b: bids,
      a: asks,
      ...(isFutures && { pu: firstId - 1 }),
    };
    peer.send(JSON.stringify({ stream: `${(base + quote).toLowerCase()}@depth@100ms`, data }));
  },
  rest: (market) =>
    JSON.stringify({ lastUpdateId: market.updateId, bids: market.levels('bid'), asks: market.levels('ask') }),
});

function coinbaseFrame(peer: Peer, channel: string, events: unknown[]): void {
  const timestamp = new Date(peer.nowMs()).toISOString();
  peer.send(JSON.stringify({ channel, client_id: '', timestamp, sequence_num: peer.sequence++, events }));
}

function coinbaseBook(
  peer: Peer,
  { base, quote }: FakeMarket,
  type: string,
  bids: readonly Level[],
  asks: readonly Level[],
): void {
  const rows = (side: string, levels: readonly Level[]) =>
    levels.map(([price_level, new_quantity]) => ({
      side,
      event_time: '1970-01-01T00:00:00Z',
      price_level,
      new_quantity,
    }));
  const updates = [...rows('bid', bids), ...rows('offer', asks)];
  coinbaseFrame(peer, 'l2_data', [{ type, product_id: `${base}-${quote}`, updates }]);
}

const coinbaseDialect: Dialect = {
  plugin: coinbase,
  hear(peer, text) {
    const { type, product_ids, channel } = JSON.parse(text);
    if (channel === 'level2') {
      for (const market of subscribeTo(peer, product_ids, '-', type === 'subscribe'))
        coinbaseBook(peer, market, 'snapshot', market.levels('bid'), market.levels('ask'));
    }
    coinbaseFrame(peer, 'subscriptions', [{ subscriptions: {} }]);
  },
  tell: (peer, market, { bids, asks }) => coinbaseBook(peer, market, 'update', bids, asks),
  beat: (peer) => coinbaseFrame(peer, 'heartbeats', [{ current_time: '', heartbeat_counter: '1' }]),
};

const KRAKEN_DEPTH = 10;

function krakenBook(
  peer: Peer,
  market: FakeMarket,
  type: string,
  bids: readonly Level[],
  asks: readonly Level[],
): void {
  const top = {
    bids: market.levels('bid').slice(0, KRAKEN_DEPTH),
    asks: market.levels('ask').slice(0, KRAKEN_DEPTH),
  };
  peer.subscribed.set(market, top);
  const digits = ([price, size]: Level) =>
    [price, size].map((text) => text.replace('.', '').replace(/^0+/, '')).join('');
  const checksum = crc32([...top.asks, ...top.bids].map(digits).join(''));
  // Numbers, and without the zeros at their ends, as a JSON writer puts them.
  const rows = (levels: readonly Level[]) =>
    levels.map(([price, size]) => ({ price: Number(price), qty: Number(size) }));
  const timestamp = new Date(peer.nowMs()).toISOString();
  const symbol = `${market.base}/${market.quote}`;
  const data = [{ symbol, bids: rows(bids), asks: rows(asks), checksum, timestamp }];
  peer.send(JSON.stringify({ channel: 'book', type, data }));
}

/** What the holder of the best levels must be told to have the next ones: levels that fall out are not mentioned. */
function krakenChanges(held: readonly Level[], market: FakeMarket, side: 'bid' | 'ask'): Level[] {
  const all = new Map(market.levels(side));
  const gone = held.filter(([price]) => !all.has(price)).map(([price]): Level => [price, '0']);
  const before = new Map(held);
  const next = market.levels(side).slice(0, KRAKEN_DEPTH);
  return [...gone, ...next.filter(([price, size]) => before.get(price) !== size)];
}

const krakenDialect: Dialect = {
  plugin: kraken,
  hear(peer, text) {
    const { method, params } = JSON.parse(text);
    if (params.channel === 'instrument') {
      const pairs = peer.markets.map(({ base, quote }) => ({
        symbol: `${base}/${quote}`,
        price_precision: 1,
        qty_precision: 3,
      }));
      return peer.send(
        JSON.stringify({ channel: 'instrument', type: 'snapshot', data: { assets: [], pairs } }),
      );
    }
    peer.send(JSON.stringify({ method, result: params, success: true }));
    if (params.channel !== 'book') return;
    const markets = subscribeTo(peer, params.symbol, '/', method === 'subscribe');
    for (const market of markets)
      krakenBook(
        peer,
        market,
        'snapshot',
        market.levels('bid').slice(0, KRAKEN_DEPTH),
        market.levels('ask').slice(0, KRAKEN_DEPTH),
      );
  },
  tell(peer, market) {
    const { bids, asks } = peer.subscribed.get(market)!;
    krakenBook(
      peer,
      market,
      'update',
      krakenChanges(bids, market, 'bid'),
      krakenChanges(asks, market, 'ask'),
    );
  },
  beat: (peer) => peer.send('{"channel":"heartbeat"}'),
};

/** The number of a market's state: both venues count one by one. */
const stateNumbers = new WeakMap<FakeMarket, number>();

function bybitBook(
  peer: Peer,
  market: FakeMarket,
  type: string,
  u: number,
  b: readonly Level[],
  a: readonly Level[],
): void {
  const s = market.base + market.quote;
  const ts = Math.floor(peer.nowMs());
  peer.send(JSON.stringify({ topic: `orderbook.50.${s}`, type, ts, data: { s, b, a, u, seq: u }, cts: ts }));
}

const bybitDialect = (plugin: VenuePlugin<ConfigSchema>): Dialect => ({
  plugin,
  hear(peer, text) {
    const { op, args } = JSON.parse(text);
    if (op === 'ping') return peer.send('{"success":true,"ret_msg":"pong","conn_id":"x","op":"ping"}');
    const names = args.map((topic: string) => topic.split('.').at(-1));
    const markets = subscribeTo(peer, names, '', op === 'subscribe');
    peer.send(JSON.stringify({ success: true, ret_msg: '', conn_id: 'x', op }));
    for (const market of markets)
      bybitBook(peer, market, 'snapshot', stateNumber(market), market.levels('bid'), market.levels('ask'));
  },
  tell: (peer, market, { bids, asks }) => bybitBook(peer, market, 'delta', stateNumber(market), bids, asks),
});

/** Base units of a contract of the fake's swaps: halves keep every digit. */
const CONTRACT_SIZE = 0.5;

function okxBook(
  isSwap: boolean,
  peer: Peer,
  market: FakeMarket,
  action: string,
  prevSeqId: number,
  bids: readonly Level[],
  asks: readonly Level[],
): void {
  const rows = (levels: readonly Level[]) =>
    levels.map(([price, size]) => [price, isSwap ? String(Number(size) / CONTRACT_SIZE) : size, '0', '1']);
  const arg = { channel: 'books', instId: `${market.base}-${market.quote}${isSwap ? '-SWAP' : ''}` };
  const ts = String(Math.floor(peer.nowMs()));
  const data = [{ bids: rows(bids), asks: rows(asks), ts, checksum: 0, prevSeqId, seqId: market.updateId }];
  peer.send(JSON.stringify({ arg, action, data }));
}

const okxDialect = (plugin: VenuePlugin<ConfigSchema>, isSwap: boolean): Dialect => ({
  plugin,
  hear(peer, text) {
    if (text === 'ping') return peer.send('pong');
    const { op, args } = JSON.parse(text);
    const names = args.map(({ instId }: { instId: string }) => instId.replace('-SWAP', ''));
    const markets = subscribeTo(peer, names, '-', op === 'subscribe');
    for (const arg of args) peer.send(JSON.stringify({ event: op, arg, connId: 'x' }));
    for (const market of markets)
      okxBook(isSwap, peer, market, 'snapshot', -1, market.levels('bid'), market.levels('ask'));
  },
  tell: (peer, market, { firstId, bids, asks }) =>
    okxBook(isSwap, peer, market, 'update', firstId - 1, bids, asks),
  rest(market, url) {
    if (url.includes('/instruments')) {
      const swap = { ctType: 'linear', ctVal: String(CONTRACT_SIZE), ctMult: '1', tickSz: '0.1', lotSz: '1' };
      return JSON.stringify({ code: '0', msg: '', data: [{ ...swap, minSz: '1', lever: '100' }] });
    }
    const rows = (levels: readonly Level[]) =>
      levels.map(([price, size]) => [price, isSwap ? String(Number(size) / CONTRACT_SIZE) : size]);
    const [bids, asks] = [rows(market.levels('bid')), rows(market.levels('ask'))];
    return JSON.stringify({ code: '0', msg: '', data: [{ bids, asks, ts: '1', seqId: market.updateId }] });
  },
});

/** Whole books every time, as bytes, a missing level filled up with zeros. */
function wholeBook(peer: Peer, market: FakeMarket, stream_type: string, depth: number, level?: number): void {
  const [bids, asks] = [market.levels('bid').slice(0, depth), market.levels('ask').slice(0, depth)];
  const orderbook_units = Array.from({ length: Math.max(bids.length, asks.length) }, (_, rank) => {
    const [[bid_price, bid_size], [ask_price, ask_size]] = [bids[rank] ?? [0, 0], asks[rank] ?? [0, 0]];
    return {
      ask_price: Number(ask_price),
      bid_price: Number(bid_price),
      ask_size: Number(ask_size),
      bid_size: Number(bid_size),
    };
  });
  const code = `${market.quote}-${market.base}`;
  const timestamp = Math.floor(peer.nowMs());
  const frame = { type: 'orderbook', code, timestamp, orderbook_units, stream_type, level };
  peer.send(Buffer.from(JSON.stringify(frame)));
}

function koreanDialect(plugin: VenuePlugin<ConfigSchema>, depth: number, level?: number): Dialect {
  return {
    plugin,
    hear(peer, text) {
      if (text === 'PING') return peer.send(Buffer.from('{"status":"UP"}'));
      const request: { type?: string; codes?: string[] }[] = JSON.parse(text);
      const books = request.find(({ type }) => type === 'orderbook')?.codes ?? [];
      const names = books.map((code) => code.split('.')[0].split('-').reverse().join('-'));
      peer.subscribed.clear();
      for (const market of subscribeTo(peer, names, '-', true))
        wholeBook(peer, market, 'SNAPSHOT', depth, level);
    },
    tell: (peer, market) => wholeBook(peer, market, 'REALTIME', depth, level),
  };
}

function stateNumber(market: FakeMarket): number {
  return stateNumbers.get(market) ?? 100;
}

/** To be called once after each change of a market, before it is told. */
export function countState(market: FakeMarket): void {
  stateNumbers.set(market, stateNumber(market) + 1);
}

export const dialects: readonly Dialect[] = [
  binanceDialect(binance, false),
  coinbaseDialect,
  krakenDialect,
  bybitDialect(bybit),
  okxDialect(okx, false),
  binanceDialect(binancePerpetual, true),
  bybitDialect(bybitPerpetual),
  okxDialect(okxPerpetual, true),
  koreanDialect(upbit, 15, 0),
  koreanDialect(bithumb, 30),
];
