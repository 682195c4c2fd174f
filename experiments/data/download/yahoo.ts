/** Downloads bars of stocks, indices, currencies and coins from Yahoo's chart service, a span of time each request. */
import { DateTime } from 'luxon';
import { ConfigError, DataError } from '../../../core/errors.ts';
import { formatTime } from '../../../market/candles/timestamps.ts';
import { type CandleRow, candlesOfRows, gapNotes } from './candle-rows.ts';
import { requireNoPage } from './http.ts';
import { sha256 } from './part-store.ts';
import type { AssembledCandles, DownloadSource, Job, PartOrigin, SourceContext } from './source.ts';

const ADDRESS = 'https://query1.finance.yahoo.com';
const DAY_MS = 86_400_000;
/** By interval: Yahoo's word, and how many days one request may span. */
const INTERVALS: Readonly<Record<string, readonly [word: string, days: number]>> = {
  '1m': ['1m', 6],
  '2m': ['2m', 50],
  '5m': ['5m', 50],
  '15m': ['15m', 50],
  '30m': ['30m', 50],
  '1h': ['60m', 365],
  '1d': ['1d', 3650],
};

interface Chart {
  readonly meta: { readonly exchangeTimezoneName?: string; readonly currency?: string };
  readonly timestamp?: readonly number[];
  readonly events?: { readonly splits?: Readonly<Record<string, Split>> };
  readonly indicators: { readonly quote: readonly Quote[] };
}
type Quote = Readonly<
  Partial<Record<'open' | 'high' | 'low' | 'close' | 'volume', readonly (number | null)[]>>
>;
interface Split {
  /** Unix s */
  readonly date: number;
  readonly numerator: number;
  readonly denominator: number;
}

/** An answer as it is kept. Its prices are divided by the splits known when it was given. */
interface Part {
  readonly url: string;
  readonly fetchedMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly chart: Chart | undefined;
}

export const yahoo: DownloadSource = {
  name: 'yahoo',
  address: ADDRESS,
  kinds: ['candles'],
  check({ interval }) {
    if (interval in INTERVALS) return;
    throw new ConfigError(
      'invalid-bars',
      `Yahoo has no bars of ${interval}; --bars takes ${Object.keys(INTERVALS).join(', ')}.`,
    );
  },
  fetch: fetchCharts,
  candles: async (job, context) => assemble(job, context),
};

async function fetchCharts(job: Job, context: SourceContext): Promise<void> {
  const [, days] = INTERVALS[job.interval];
  // Days begin at midnight UTC, whatever hour the exchange opens at.
  let fromMs = Math.floor(job.fromMs / DAY_MS) * DAY_MS;
  while (fromMs < job.toMs) {
    const stored = context.parts
      .list()
      .map((name) => readPart(context, name))
      .find((part) => part.fromMs <= fromMs && part.toMs > fromMs);
    if (stored !== undefined) {
      fromMs = stored.toMs;
    } else {
      // What is not over is asked for again the next time.
      const toMs = Math.min(fromMs + days * DAY_MS, Math.ceil(job.toMs / DAY_MS) * DAY_MS);
      await fetchChart(job, fromMs, toMs, context);
      fromMs = toMs;
    }
    context.progress(Math.min(fromMs, job.toMs));
  }
}

async function fetchChart(job: Job, fromMs: number, toMs: number, context: SourceContext): Promise<void> {
  const [word] = INTERVALS[job.interval];
  const symbol = encodeURIComponent(job.symbol);
  // In the far east a day begins the day before in UTC.
  const query = `period1=${(fromMs - DAY_MS) / 1000}&period2=${toMs / 1000}&interval=${word}&events=div%2Csplit`;
  const url = `${job.baseUrl ?? ADDRESS}/v8/finance/chart/${symbol}?${query}`;
  // Requests that name no browser are answered with 429.
  const bytes = await context.http.get(url, { 'user-agent': 'Mozilla/5.0', accept: 'application/json' });
  if (bytes === undefined)
    throw new DataError(
      'unknown-symbol',
      `Yahoo knows no symbol "${job.symbol}", or has nothing of it; check --symbol and --from.`,
    );
  requireNoPage(url, bytes, 'JSON');
  const chart = readChart(url, bytes);
  // The day of an exchange in the far east is over here a day after it began there.
  const overMs = Math.min(toMs, (Math.floor(context.nowMs / DAY_MS) - 1) * DAY_MS);
  const part: Part = { url, fetchedMs: context.nowMs, fromMs, toMs: Math.max(overMs, fromMs), chart };
  context.parts.write(`${String(fromMs / DAY_MS).padStart(6, '0')}.json`, JSON.stringify(part));
}

function readChart(url: string, bytes: Uint8Array): Chart | undefined {
  let answer: { chart?: { result?: Chart[] | null; error?: { code?: string; description?: string } | null } };
  try {
    answer = JSON.parse(Buffer.from(bytes).toString());
  } catch (cause) {
    throw new DataError(
      'unexpected-answer',
      `${url} answers with what is no JSON; run the same command later.`,
      { cause },
    );
  }
  const { result, error } = answer.chart ?? {};
  if (error)
    throw new DataError('source-refused', `Yahoo refuses the request: ${error.description ?? error.code}.`);
  if (result === undefined)
    throw new DataError('unexpected-answer', `${url} answers with JSON that is no chart; check --base-url.`);
  return result?.[0];
}

function readPart({ parts }: SourceContext, name: string): Part {
  return JSON.parse(Buffer.from(parts.read(name)).toString()) as Part;
}

function assemble(job: Job, context: SourceContext): AssembledCandles | undefined {
  const names = context.parts.list();
  const parts = names.map((name) => readPart(context, name));
  const splits = new Map<number, Split>();
  for (const { chart } of parts)
    for (const split of Object.values(chart?.events?.splits ?? {})) splits.set(split.date, split);
  const byTime = new Map<number, CandleRow>();
  const origins: PartOrigin[] = [];
  parts.forEach((part, i) => {
    const later = [...splits.values()].filter(({ date }) => date * 1000 > part.fetchedMs);
    const factor = later.reduce(
      (product, { numerator, denominator }) => (product * numerator) / denominator,
      1,
    );
    const { rows, numEmpty, numOpen } = readRows(part, job, context.nowMs, factor);
    for (const row of rows) if (row[0] >= job.fromMs && row[0] < job.toMs) byTime.set(row[0], row);
    const notes = [
      ...(numEmpty > 0 ? [`${numEmpty} bars without a price were left out.`] : []),
      ...(numOpen > 0 ? [`${numOpen} bars that were still open were left out.`] : []),
      ...later.map(
        ({ date, numerator, denominator }) =>
          `Fetched before the split ${numerator}:${denominator} of ${formatTime(date * 1000).slice(0, 10)}: prices were divided by it, volumes multiplied.`,
      ),
    ];
    const hash = sha256(context.parts.read(names[i]));
    origins.push({ url: part.url, sha256: hash, format: 'JSON', rows: rows.length, notes });
  });
  const rows = [...byTime.values()].sort((a, b) => a[0] - b[0]);
  const candles = candlesOfRows(rows, `${job.symbol} of Yahoo`);
  if (candles === undefined) return undefined;
  const notes = ['Prices have splits taken out, and dividends left in.'];
  return { candles, origins, notes: [...notes, ...gapNotes(candles, job.barMs, job.fromMs, job.toMs)] };
}

function readRows(
  { chart, fetchedMs }: Part,
  job: Job,
  nowMs: number,
  splitFactor: number,
): { rows: CandleRow[]; numEmpty: number; numOpen: number } {
  const rows: CandleRow[] = [];
  let numEmpty = 0;
  let numOpen = 0;
  const times = chart?.timestamp ?? [];
  const quote = chart?.indicators.quote[0] ?? {};
  const zone = chart?.meta.exchangeTimezoneName ?? 'UTC';
  for (let i = 0; i < times.length; i++) {
    const [open, high, low, close] = [quote.open?.[i], quote.high?.[i], quote.low?.[i], quote.close?.[i]];
    if (open == null || high == null || low == null || close == null) {
      numEmpty++;
      continue;
    }
    // A day is that of the exchange, written as midnight UTC as in every file of daily prices.
    const timeMs = job.barMs === DAY_MS ? dayOf(times[i], zone) : times[i] * 1000;
    if (timeMs + job.barMs > Math.min(nowMs, fetchedMs) || (job.barMs < DAY_MS && timeMs % 60_000 !== 0)) {
      numOpen++;
      continue;
    }
    const price = (value: number) => value / splitFactor;
    const volume = (quote.volume?.[i] ?? 0) * splitFactor;
    // Rounding of what Yahoo sends leaves a close outside of high and low by its last digit.
    const top = Math.max(high, open, close);
    const bottom = Math.min(low, open, close);
    const tolerance = 1e-6 * close;
    const highs = top - high <= tolerance ? top : high;
    const lows = low - bottom <= tolerance ? bottom : low;
    rows.push([timeMs, price(open), price(highs), price(lows), price(close), volume]);
  }
  return { rows, numEmpty, numOpen };
}

function dayOf(seconds: number, zone: string): number {
  const { year, month, day } = DateTime.fromSeconds(seconds, { zone });
  return Date.UTC(year, month - 1, day);
}
