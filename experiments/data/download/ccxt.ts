/** Downloads bars and trades of any exchange that ccxt knows, page by page, at the pace the exchange allows. */
import { ConfigError, DataError } from '../../../core/errors.ts';
import { suggestion } from '../../../core/nearest.ts';
import { loadCcxt } from '../../../live/venues/ccxt.ts';
import { createTradeTape } from '../../../market/books/trade-tape.ts';
import { readMarketName } from '../../../market/candles/market-names.ts';
import { formatTime } from '../../../market/candles/timestamps.ts';
import { type CandleRow, candlesOfRows, gapNotes } from './candle-rows.ts';
import { HttpStatus } from './http.ts';
import { sha256 } from './part-store.ts';
import type {
  AssembledCandles,
  AssembledTrades,
  DownloadSource,
  Job,
  PartOrigin,
  SourceContext,
} from './source.ts';

/** The part of a ccxt exchange that is used. */
interface Exchange {
  readonly has: Readonly<Record<string, unknown>>;
  readonly timeframes?: Readonly<Record<string, unknown>>;
  readonly features?: Readonly<
    Record<string, { fetchOHLCV?: { limit?: number }; fetchTrades?: { limit?: number } }>
  >;
  readonly urls: { api: unknown };
  /** Called with every answer before ccxt judges it; returns the body. */
  onRestResponse(
    status: number,
    reason: string,
    url: string,
    method: string,
    headers: object,
    body: string,
  ): string;
  fetchOHLCV(symbol: string, interval: string, since: number, limit?: number): Promise<unknown[][]>;
  fetchTrades(symbol: string, since: number, limit?: number): Promise<CcxtTrade[]>;
}

interface CcxtTrade {
  readonly id?: string;
  readonly timestamp?: number;
  readonly side?: string;
  readonly price?: number;
  readonly amount?: number;
}

/** The last answer to a request. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
const answers = new WeakMap<Exchange, Answer>();

/** A page as it is kept: the answer to one request, and from where the next goes on. */
interface Page<Row> {
  readonly sinceMs: number;
  readonly nextMs: number;
  readonly rows: readonly Row[];
  /** Rows that other pages hold too. */
  readonly overlap: number;
  /** The page is full of one millisecond: the exchange may have more of it than it hands out. */
  readonly isCut?: boolean;
}

/** Id or empty, time, side (1 buy, −1 sell, 0 unknown), price, size. */
type TradeRow = readonly [string, number, number, number, number];

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const CANDLES_A_PAGE = 500;
const FIRST_TRADE_STEP_MS = 1000;
/** Trades that are asked for at most, where one millisecond has more than a page. */
const MAX_TRADES_A_PAGE = 100_000;

/** Errors of ccxt, by name, that another try does not mend. */
const REFUSALS: ReadonlySet<string> = new Set([
  'BadSymbol',
  'BadRequest',
  'NotSupported',
  'ArgumentsRequired',
  'AuthenticationError',
  'PermissionDenied',
  'AccountNotEnabled',
  'ExchangeError',
]);

/** Statuses that say more than ccxt's name for them. */
const REFUSED: ReadonlySet<number> = new Set([403, 418, 429, 451]);

/** @param exchangeId as ccxt names it: `kraken` @throws ConfigError `unknown-name`; LiveError `ccxt-missing` */
export async function ccxtSource(exchangeId: string): Promise<DownloadSource> {
  const module = (await loadCcxt()) as unknown as Record<string, unknown> & { exchanges: readonly string[] };
  if (!module.exchanges.includes(exchangeId)) {
    throw new ConfigError(
      'unknown-name',
      `Unknown ccxt exchange "${exchangeId}".${suggestion(exchangeId, module.exchanges)}`,
    );
  }
  const create = module[exchangeId] as new (options: object) => Exchange;
  const open = (baseUrl?: string): Exchange => {
    const exchange = new create({ enableRateLimit: true });
    if (baseUrl !== undefined) exchange.urls.api = rebase(exchange.urls.api, baseUrl);
    exchange.onRestResponse = (status, _reason, _url, _method, headers, body) => {
      answers.set(exchange, {
        status,
        headers: headers as Answer['headers'],
        body,
      });
      return body.trim();
    };
    return exchange;
  };
  const name = `ccxt:${exchangeId}`;
  return {
    name,
    address: name,
    kinds: ['candles', 'trades'],
    check(job) {
      const exchange = open();
      const method = job.kind === 'candles' ? 'fetchOHLCV' : 'fetchTrades';
      if (!exchange.has[method])
        throw new ConfigError(
          'no-history',
          `ccxt cannot fetch ${job.kind} of "${exchangeId}"; take another source.`,
        );
      const known = Object.keys(exchange.timeframes ?? {});
      if (job.kind === 'trades' || known.length === 0 || known.includes(job.interval)) return;
      throw new ConfigError(
        'invalid-bars',
        `"${exchangeId}" has no bars of ${job.interval}; --bars takes ${known.join(', ')}.`,
      );
    },
    async fetch(job, context) {
      const exchange = open(job.baseUrl);
      if (job.kind === 'candles') await fetchCandles(exchange, name, job, context);
      else await fetchTrades(exchange, name, job, context);
    },
    candles: async (job, context) => assembleCandles(name, job, context),
    trades: (job, context) => assembleTrades(name, exchangeId, job, context),
  };
}

async function fetchCandles(
  exchange: Exchange,
  name: string,
  job: Job,
  context: SourceContext,
): Promise<void> {
  const { symbol, interval, barMs } = job;
  // A bar that is open changes until it closes.
  const endMs = Math.min(job.toMs, context.nowMs - barMs + 1);
  const limit = pageLimit(exchange, 'fetchOHLCV') ?? CANDLES_A_PAGE;
  for (let sinceMs = job.fromMs; sinceMs < endMs; ) {
    const stored = pageFrom<CandleRow>(context, sinceMs);
    if (stored !== undefined) {
      sinceMs = stored.nextMs;
      context.progress(Math.min(sinceMs, job.toMs));
      continue;
    }
    const answer = await ask(name, exchange, context, () =>
      exchange.fetchOHLCV(symbol, interval, sinceMs, limit),
    );
    const all = answer.map(readCandle).sort((a, b) => a[0] - b[0]);
    const rows = all.filter(
      ([timeMs], i) => timeMs >= sinceMs && timeMs + barMs <= context.nowMs && timeMs !== all[i - 1]?.[0],
    );
    const nextMs =
      rows.length > 0 ? rows[rows.length - 1][0] + barMs : Math.min(sinceMs + limit * barMs, endMs);
    const open = all.filter(([timeMs]) => timeMs + barMs > context.nowMs).length;
    // What is empty near the present may be filled yet.
    if (rows.length > 0 || nextMs < endMs)
      writePage(context, { sinceMs, nextMs, rows, overlap: all.length - rows.length - open });
    sinceMs = nextMs;
    context.progress(Math.min(sinceMs, job.toMs));
  }
}

async function fetchTrades(
  exchange: Exchange,
  name: string,
  job: Job,
  context: SourceContext,
): Promise<void> {
  const { symbol } = job;
  const limit = pageLimit(exchange, 'fetchTrades');
  let seen = new Set<string>();
  // Exchanges answer an empty page for a quiet time; the step past it grows, so that little is passed over blindly.
  let stepMs = FIRST_TRADE_STEP_MS;
  /** The largest page so far: exchanges may hand out fewer than they are asked for. */
  let largest = 0;
  for (let sinceMs = job.fromMs; sinceMs < job.toMs; ) {
    const stored = pageFrom<TradeRow>(context, sinceMs);
    if (stored !== undefined) {
      seen = keysAt(stored.rows, stored.nextMs, stored.sinceMs === stored.nextMs ? seen : new Set());
      sinceMs = stored.nextMs;
      context.progress(sinceMs);
      continue;
    }
    const fetchPage = async (size: number | undefined): Promise<TradeRow[]> => {
      const answer = await ask(name, exchange, context, () => exchange.fetchTrades(symbol, sinceMs, size));
      return answer.map(readTrade).sort((a, b) => a[1] - b[1]);
    };
    const first = await fetchPage(limit);
    const isFull = first.length > 1 && first.length >= Math.min(limit ?? Infinity, largest);
    const { all, isCut } =
      isFull && endsAt(first, sinceMs)
        ? await widen(first, sinceMs, fetchPage)
        : { all: first, isCut: false };
    largest = Math.max(largest, first.length);
    const inPage = new Set<string>();
    const rows = all.filter((row) => {
      const key = tradeKey(row);
      if (row[1] < sinceMs || seen.has(key) || (row[0] !== '' && inPage.has(key))) return false;
      inPage.add(key);
      return true;
    });
    const lastMs = rows.length > 0 ? rows[rows.length - 1][1] : undefined;
    // More trades may be of the last millisecond: it is asked for again.
    const onwardMs = all.length > 0 ? sinceMs + 1 : sinceMs + stepMs;
    stepMs = all.length > 0 ? FIRST_TRADE_STEP_MS : Math.min(HOUR_MS, 2 * stepMs);
    const nextMs = lastMs === undefined || lastMs === sinceMs ? onwardMs : lastMs;
    if (rows.length > 0 || nextMs < context.nowMs - DAY_MS)
      writePage(context, {
        sinceMs,
        nextMs,
        rows,
        overlap: all.length - rows.length,
        ...(isCut && { isCut }),
      });
    seen = keysAt(rows, nextMs, new Set());
    sinceMs = Math.min(nextMs, job.toMs);
    context.progress(sinceMs);
  }
}

const endsAt = (page: readonly TradeRow[], timeMs: number): boolean => page[page.length - 1][1] <= timeMs;

/** Asks for more of a millisecond that fills a page, as long as more comes. */
async function widen(
  first: TradeRow[],
  sinceMs: number,
  fetchPage: (size: number) => Promise<TradeRow[]>,
): Promise<{ all: TradeRow[]; isCut: boolean }> {
  let all = first;
  for (let size = 2 * first.length; size <= MAX_TRADES_A_PAGE; size *= 2) {
    let larger: TradeRow[];
    try {
      larger = await fetchPage(size);
    } catch (error) {
      // The exchange has a largest page, and says so.
      if (error instanceof DataError && error.code === 'source-refused') break;
      throw error;
    }
    if (larger.length <= all.length) break;
    all = larger;
    if (!endsAt(all, sinceMs)) return { all, isCut: false };
  }
  return { all, isCut: true };
}

/** Keys of the trades that the next page brings again. */
function keysAt(rows: readonly TradeRow[], timeMs: number, keys: Set<string>): Set<string> {
  for (const row of rows) if (row[1] === timeMs) keys.add(tradeKey(row));
  return keys;
}

const tradeKey = (row: TradeRow): string => (row[0] !== '' ? row[0] : row.join(' '));

async function ask<Result>(
  name: string,
  exchange: Exchange,
  { http }: SourceContext,
  request: () => Promise<Result>,
): Promise<Result> {
  return http.attempt(name, async () => {
    answers.delete(exchange);
    try {
      const result = await request();
      requireJson(name, answers.get(exchange));
      return result;
    } catch (error) {
      if (error instanceof DataError) throw error;
      const { name: kind, message } = error as Error;
      const text = message.replace(/\s+/g, ' ').slice(0, 240);
      const answer = answers.get(exchange);
      // Exchanges’ own handlers forget the status, and some a page of HTML.
      if (
        answer !== undefined &&
        answer.status >= 400 &&
        (answer.status >= 500 || REFUSED.has(answer.status))
      )
        throw new HttpStatus(answer.status, waitOf(answer));
      requireJson(name, answer);
      if (!REFUSALS.has(kind) && kind !== 'TypeError') throw error;
      throw new DataError('source-refused', `${name} refuses the request: ${text} (${kind}).`, {
        cause: error,
      });
    }
  });
}

/** ccxt takes what is no JSON for an empty answer: a hole in the history. */
function requireJson(name: string, answer: Answer | undefined): void {
  if (answer === undefined) return;
  const { body } = answer;
  if (body.trimStart().startsWith('<'))
    throw new DataError(
      'unexpected-answer',
      `${name} answers with a page of HTML; check --base-url and the network.`,
    );
  try {
    JSON.parse(body);
  } catch (cause) {
    throw new Error(`an answer that is no whole JSON (${body.length} characters)`, { cause });
  }
}

/** What the exchange asks to wait; ccxt keeps its own pace and does not read this. */
function waitOf({ headers }: Answer): number | undefined {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'retry-after');
  const seconds = name === undefined ? Number.NaN : Number(headers[name]);
  return Number.isNaN(seconds) ? undefined : seconds * 1000;
}

function readCandle(values: unknown[]): CandleRow {
  const [timeMs, open, high, low, close, volume] = values;
  return [timeMs, open, high, low, close, volume ?? 0].map(Number) as unknown as CandleRow;
}

function readTrade({ id, timestamp, side, price, amount }: CcxtTrade): TradeRow {
  const sign = side === 'buy' ? 1 : side === 'sell' ? -1 : 0;
  return [id ?? '', Number(timestamp), sign, Number(price), Number(amount)];
}

const pageLimit = ({ features }: Exchange, method: 'fetchOHLCV' | 'fetchTrades'): number | undefined =>
  features?.spot?.[method]?.limit;

/** Times of equal length, so that names sort as times do. */
const pageName = (sinceMs: number): string => `${String(sinceMs).padStart(15, '0')}.json`;

function writePage<Row>({ parts }: SourceContext, page: Page<Row>): void {
  parts.write(pageName(page.sinceMs), JSON.stringify(page));
}

function pageFrom<Row>(context: SourceContext, sinceMs: number): Page<Row> | undefined {
  const name = pageName(sinceMs);
  return context.parts.has(name) ? readPage<Row>(context, name) : undefined;
}

function readPage<Row>({ parts }: SourceContext, name: string): Page<Row> {
  return JSON.parse(Buffer.from(parts.read(name)).toString()) as Page<Row>;
}

/** All pages, in order of time. */
function pages<Row>(name: string, context: SourceContext): { page: Page<Row>; origin: PartOrigin }[] {
  return context.parts.list().map((file) => {
    const page = readPage<Row>(context, file);
    const { rows, sinceMs, overlap } = page;
    const url = `${name} since ${formatTime(sinceMs)}`;
    const notes = overlap > 0 ? [`${overlap} rows were in other pages too.`] : [];
    const hash = sha256(context.parts.read(file));
    return { page, origin: { url, sha256: hash, format: 'JSON', rows: rows.length, notes } };
  });
}

function assembleCandles(name: string, job: Job, context: SourceContext): AssembledCandles | undefined {
  const stored = pages<CandleRow>(name, context);
  const byTime = new Map<number, CandleRow>();
  for (const { page } of stored) {
    for (const row of page.rows) if (row[0] >= job.fromMs && row[0] < job.toMs) byTime.set(row[0], row);
  }
  const candles = candlesOfRows(
    [...byTime.values()].sort((a, b) => a[0] - b[0]),
    `${job.symbol} of ${name}`,
  );
  if (candles === undefined) return undefined;
  const notes = gapNotes(candles, job.barMs, job.fromMs, Math.min(job.toMs, context.nowMs - job.barMs + 1));
  return { candles, origins: stored.map(({ origin }) => origin), notes };
}

/** A day after the other. */
async function* assembleTrades(
  name: string,
  exchangeId: string,
  job: Job,
  context: SourceContext,
): AsyncGenerator<AssembledTrades> {
  const { base, quote } = readMarketName(job.symbol, exchangeId);
  let rows: TradeRow[] = [];
  let hashes = '';
  // Every page holds all trades from its beginning to where the next goes on.
  let coveredMs = -Infinity;
  let keys = new Set<string>();
  let notes: string[] = [];
  /** A page that was full of one millisecond, and what came after it shows that it was not the end. */
  let cutMs = Number.NaN;
  const flush = (): AssembledTrades => {
    const day = formatTime(rows[0][1]).slice(0, 10);
    const column = (c: 1 | 2 | 3 | 4) => rows.map((row) => row[c]);
    const trades = createTradeTape(
      [{ name: exchangeId, base, quote }],
      {
        timeMs: column(1),
        exchangeTimeMs: column(1),
        venue: rows.map(() => 0),
        sides: column(2),
        prices: column(3),
        sizes: column(4),
      },
      `${job.symbol} of ${name}`,
    );
    const origin = {
      url: `${name} of ${day}`,
      sha256: sha256(hashes),
      format: 'JSON',
      rows: rows.length,
      notes,
    };
    rows = [];
    hashes = '';
    notes = [];
    return { ...origin, name: day, trades };
  };
  for (const file of context.parts.list()) {
    const page = readPage<TradeRow>(context, file);
    if (page.rows.length > 0 && rows.length > 0 && page.rows[0][1] > cutMs) {
      notes.push(
        `At ${formatTime(cutMs)} there are as many trades of one millisecond as ${exchangeId} hands out at once; more of them may be missing.`,
      );
      cutMs = Number.NaN;
    }
    if (page.isCut) cutMs = page.sinceMs;
    for (const row of page.rows) {
      if (row[1] < Math.max(job.fromMs, coveredMs) || row[1] >= job.toMs) continue;
      if (row[1] === coveredMs && keys.has(tradeKey(row))) continue;
      if (rows.length > 0 && Math.floor(row[1] / DAY_MS) !== Math.floor(rows[0][1] / DAY_MS)) yield flush();
      rows.push(row);
    }
    if (page.nextMs >= coveredMs) {
      keys = keysAt(page.rows, page.nextMs, page.nextMs === coveredMs ? keys : new Set());
      coveredMs = page.nextMs;
    }
    hashes += sha256(context.parts.read(file));
  }
  if (rows.length > 0) yield flush();
}

/** Every address of an exchange with its scheme and host replaced; the rest of the path stays. */
function rebase(urls: unknown, baseUrl: string): unknown {
  if (typeof urls === 'string') return urls.replace(/^[a-z]+:\/\/[^/]+/, baseUrl);
  if (typeof urls !== 'object' || urls === null) return urls;
  return Object.fromEntries(Object.entries(urls).map(([key, value]) => [key, rebase(value, baseUrl)]));
}
