/**
 * Downloads the monthly and daily archives that Binance publishes of its spot and futures markets, each verified by the
 * checksum beside it: months as far as there are any, days of the month that runs.
 */
import { ConfigError, DataError } from '../../../core/errors.ts';
import { streamTableTrades } from '../../../market/books/table-trades.ts';
import { tradeDays } from '../../../market/books/trade-pieces.ts';
import { joinCandles } from '../../../market/candles/join.ts';
import { readMarketName } from '../../../market/candles/market-names.ts';
import { formatTime } from '../../../market/candles/timestamps.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import { gapNotes, trimCandles } from './candle-rows.ts';
import { requireNoPage } from './http.ts';
import type {
  AssembledCandles,
  AssembledTrades,
  DownloadSource,
  Job,
  PartOrigin,
  SourceContext,
} from './source.ts';

const ADDRESS = 'https://data.binance.vision';
const DAY_MS = 86_400_000;
/** A month is published in the first days of the next; from then on days are not asked for, which would be many. */
const MONTH_IS_PUBLISHED_MS = 15 * DAY_MS;
const INTERVALS = '1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d'.split(' ');

/** A file of the archive. */
interface Archive {
  /** `BTCUSDT-1m-2024-01.zip`: the name of the part, too. */
  readonly name: string;
  readonly period: 'monthly' | 'daily';
  readonly fromMs: number;
  readonly toMs: number;
}

export const binanceVision: DownloadSource = {
  name: 'binance-vision',
  address: ADDRESS,
  kinds: ['candles', 'trades'],
  check({ kind, interval }) {
    if (kind === 'trades' || INTERVALS.includes(interval)) return;
    throw new ConfigError(
      'invalid-bars',
      `Binance has no archive of bars of ${interval}; --bars takes ${INTERVALS.join(', ')}.`,
    );
  },
  fetch: fetchArchives,
  candles: assembleCandles,
  trades: assembleTrades,
};

async function fetchArchives(job: Job, context: SourceContext): Promise<void> {
  const { parts } = context;
  let found = archives(job, context).length > 0;
  for (const month of monthsOf(job)) {
    const days = daysOf(job, month);
    const wanted = days.filter(({ toMs }) => toMs <= context.nowMs);
    if (parts.has(month.name) || (wanted.length > 0 && wanted.every(({ name }) => parts.has(name)))) {
      context.progress(Math.min(month.toMs, job.toMs));
      continue;
    }
    if (month.toMs <= context.nowMs && (await fetchArchive(month, job, context))) found = true;
    else if (context.nowMs - month.toMs < MONTH_IS_PUBLISHED_MS) {
      for (const day of wanted) {
        if (parts.has(day.name) || (await fetchArchive(day, job, context))) found = true;
        context.progress(day.toMs);
      }
    }
    context.progress(Math.min(month.toMs, job.toMs));
  }
  if (found) return;
  throw new DataError(
    'nothing-found',
    `Binance has no archive of ${nativeSymbol(job.symbol)} (${job.market}, ${folderOf(job)}) in this span; check --symbol, --market, ` +
      '--from and --to.',
  );
}

/** @returns false where there is no such file */
async function fetchArchive(archive: Archive, job: Job, context: SourceContext): Promise<boolean> {
  const { http, parts } = context;
  const url = urlOf(archive, job);
  const expected = await fetchChecksum(url, context);
  if (expected === undefined) return false;
  // A broken transfer is fetched once more; a wrong file stays wrong.
  for (const last of [false, true]) {
    const received = await http.save(url, (blocks) => parts.receive(archive.name, blocks));
    if (received === undefined) return false;
    if (received.sha256 === expected) {
      received.keep();
      return true;
    }
    received.discard();
    requireNoPage(url, received.begin, 'a zip');
    if (last) break;
  }
  throw new DataError(
    'wrong-checksum',
    `${url} is not what its CHECKSUM says (SHA-256 ${expected.slice(0, 12)}…), twice; nothing of it was kept. Run the same ` +
      'command later.',
  );
}

async function fetchChecksum(url: string, { http }: SourceContext): Promise<string | undefined> {
  const bytes = await http.get(`${url}.CHECKSUM`);
  if (bytes === undefined) return undefined;
  requireNoPage(`${url}.CHECKSUM`, bytes, 'a checksum');
  const hash = /^[\da-f]{64}(?=\s|$)/i.exec(Buffer.from(bytes).toString('latin1').trim())?.[0];
  if (hash !== undefined) return hash.toLowerCase();
  throw new DataError(
    'unexpected-answer',
    `${url}.CHECKSUM holds no SHA-256; check --base-url and the network.`,
  );
}

async function assembleCandles(job: Job, context: SourceContext): Promise<AssembledCandles | undefined> {
  const origins: PartOrigin[] = [];
  const pieces = [];
  for (const archive of archives(job, context)) {
    const path = context.parts.path(archive.name);
    const { candles, report } = await loadCandles(path);
    const { length, timeMs } = candles;
    requireInside(path, archive, timeMs[0], timeMs[length - 1]);
    origins.push(await originOf(archive, job, context, length, report.format, report.notes));
    const piece = trimCandles(candles, job.fromMs, job.toMs);
    if (piece !== undefined) pieces.push(piece);
  }
  if (pieces.length === 0) return undefined;
  const candles = joinCandles(pieces, job.symbol);
  return { candles, origins, notes: gapNotes(candles, job.barMs, job.fromMs, job.toMs) };
}

/** A day after the other: a month of trades fits in no memory. */
async function* assembleTrades(job: Job, context: SourceContext): AsyncGenerator<AssembledTrades> {
  const { base, quote } = readMarketName(job.symbol, 'binance');
  for (const archive of archives(job, context)) {
    const path = context.parts.path(archive.name);
    const origin = await originOf(archive, job, context, 0, 'CSV', []);
    const pieces = streamTableTrades(path, { venue: 'binance', pair: { base, quote } });
    for await (const { trades, notes } of tradeDays(pieces)) {
      const { length, timeMs } = trades;
      requireInside(path, archive, timeMs[0], timeMs[length - 1]);
      yield { ...origin, rows: length, notes, name: formatTime(timeMs[0]).slice(0, 10), trades };
    }
  }
}

async function originOf(
  archive: Archive,
  job: Job,
  { parts }: SourceContext,
  rows: number,
  format: string,
  notes: readonly string[],
): Promise<PartOrigin> {
  return { url: urlOf(archive, job), sha256: await parts.hash(archive.name), format, rows, notes };
}

/** A file under the wrong name would move a month of prices. */
function requireInside(path: string, { fromMs, toMs }: Archive, firstMs: number, lastMs: number): void {
  if (firstMs >= fromMs && lastMs < toMs) return;
  throw new DataError(
    'unexpected-content',
    `${path} holds times outside its own name; remove the file and run the same command again.`,
  );
}

/** What is there of the job's span: a month, or its days. */
function archives(job: Job, { parts }: SourceContext): Archive[] {
  return monthsOf(job).flatMap((month) =>
    parts.has(month.name) ? [month] : daysOf(job, month).filter(({ name }) => parts.has(name)),
  );
}

function monthsOf(job: Job): Archive[] {
  const months: Archive[] = [];
  const first = new Date(job.fromMs);
  let fromMs = Date.UTC(first.getUTCFullYear(), first.getUTCMonth());
  while (fromMs < job.toMs) {
    const date = new Date(fromMs);
    const toMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
    months.push({ name: nameOf(job, date.toISOString().slice(0, 7)), period: 'monthly', fromMs, toMs });
    fromMs = toMs;
  }
  return months;
}

function daysOf(job: Job, month: Archive): Archive[] {
  const days: Archive[] = [];
  for (let fromMs = month.fromMs; fromMs < month.toMs; fromMs += DAY_MS) {
    const toMs = fromMs + DAY_MS;
    if (toMs <= job.fromMs || fromMs >= job.toMs) continue;
    days.push({
      name: nameOf(job, new Date(fromMs).toISOString().slice(0, 10)),
      period: 'daily',
      fromMs,
      toMs,
    });
  }
  return days;
}

const nameOf = (job: Job, date: string): string => `${nativeSymbol(job.symbol)}-${folderOf(job)}-${date}.zip`;
const folderOf = ({ kind, interval }: Job): string => (kind === 'trades' ? 'aggTrades' : interval);
/** `BTC/USDT` → `BTCUSDT`. */
const nativeSymbol = (symbol: string): string => symbol.toUpperCase().replace(/[/-]/g, '');

function urlOf({ period, name }: Archive, job: Job): string {
  const market = job.market === 'spot' ? 'spot' : `futures/${job.market}`;
  const kind = job.kind === 'trades' ? 'aggTrades' : 'klines';
  const folder = `${job.baseUrl ?? ADDRESS}/data/${market}/${period}/${kind}/${encodeURIComponent(nativeSymbol(job.symbol))}`;
  return `${folder}${job.kind === 'trades' ? '' : `/${job.interval}`}/${encodeURIComponent(name)}`;
}
