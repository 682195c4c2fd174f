/** Downloads minute bars of currencies, metals and others from Dukascopy's data feed: a file a day, packed with LZMA. */
import { ConfigError, DataError } from '../../../core/errors.ts';
import { resampleCandles } from '../../../market/candles/resample.ts';
import { type CandleRow, candlesOfRows, gapNotes } from './candle-rows.ts';
import { requireNoPage } from './http.ts';
import { sha256 } from './part-store.ts';
import type { AssembledCandles, DownloadSource, Job, PartOrigin, SourceContext } from './source.ts';

const ADDRESS = 'https://datafeed.dukascopy.com/datafeed';
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Seconds of the day, open, close, low, high as whole numbers, volume in millions as a float; big-endian. */
const BYTES_A_BAR = 24;
const UNITS_A_LOT = 1e6;

/** Quotes with five decimals; the yen, gold and silver have three. */
const FIVE_DECIMALS = new Set('USD EUR GBP AUD NZD CAD CHF SGD'.split(' '));

interface LzmaModule {
  readonly lzma: { decompress(bytes: Uint8Array): Promise<Uint8Array> };
}

export const dukascopy: DownloadSource = {
  name: 'dukascopy',
  address: ADDRESS,
  kinds: ['candles'],
  check(job) {
    if (job.barMs < MINUTE_MS || job.barMs % MINUTE_MS !== 0)
      throw new ConfigError(
        'invalid-bars',
        `Dukascopy has bars of a minute; --bars takes whole minutes, not ${job.interval}.`,
      );
    scaleOf(job);
  },
  fetch: fetchDays,
  candles: assemble,
};

/** @throws ConfigError `unknown-scale` */
function scaleOf({ symbol, priceScale }: Job): number {
  if (priceScale !== undefined) return priceScale;
  const [base, quote] = [nativeSymbol(symbol).slice(0, 3), nativeSymbol(symbol).slice(3)];
  if (quote === 'JPY' || ((base === 'XAU' || base === 'XAG') && quote === 'USD')) return 1e3;
  if (FIVE_DECIMALS.has(base) && FIVE_DECIMALS.has(quote)) return 1e5;
  throw new ConfigError(
    'unknown-scale',
    `Dukascopy writes prices as whole numbers, and how many decimals those of ${symbol} have is not known here; give --price-scale 1000 or ` +
      'the like (1000: three decimals).',
  );
}

async function fetchDays(job: Job, { http, parts, nowMs, progress }: SourceContext): Promise<void> {
  await loadLzma();
  let numFound = 0;
  for (const fromMs of days(job, nowMs)) {
    const name = partName(fromMs);
    if (!parts.has(name)) {
      const url = urlOf(job, fromMs);
      // Days without trading are not there, or are empty; either way there is nothing to ask for again.
      const bytes = (await http.get(url)) ?? new Uint8Array(0);
      requireNoPage(url, bytes, 'LZMA');
      await decode(url, bytes);
      if (bytes.length > 0 || nowMs - fromMs > 7 * DAY_MS) parts.write(name, bytes);
    }
    if (parts.has(name) && parts.read(name).length > 0) numFound++;
    progress(Math.min(fromMs + DAY_MS, job.toMs));
  }
  if (numFound > 0) return;
  throw new DataError(
    'nothing-found',
    `Dukascopy has nothing of ${nativeSymbol(job.symbol)} in this span; check --symbol, --from and --to.`,
  );
}

async function assemble(job: Job, context: SourceContext): Promise<AssembledCandles | undefined> {
  const { parts, nowMs } = context;
  const scale = scaleOf(job);
  const rows: CandleRow[] = [];
  const origins: PartOrigin[] = [];
  let numFilled = 0;
  for (const dayMs of days(job, nowMs)) {
    const name = partName(dayMs);
    if (!parts.has(name)) continue;
    const packed = parts.read(name);
    const bytes = await decode(parts.path(name), packed);
    const before = rows.length;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; at += BYTES_A_BAR) {
      const timeMs = dayMs + view.getUint32(at) * 1000;
      const price = (offset: number) => view.getUint32(at + offset) / scale;
      const volume = view.getFloat32(at + 20) * UNITS_A_LOT;
      if (timeMs < job.fromMs || timeMs + MINUTE_MS > Math.min(job.toMs, nowMs)) continue;
      // Without trading the last price is repeated with no volume: a bar that nobody saw.
      if (volume === 0) numFilled++;
      else rows.push([timeMs, price(4), price(16), price(12), price(8), volume]);
    }
    const url = urlOf(job, dayMs);
    origins.push({ url, sha256: sha256(packed), format: 'bi5', rows: rows.length - before, notes: [] });
  }
  const minutes = candlesOfRows(rows, `${job.symbol} of Dukascopy`);
  if (minutes === undefined) return undefined;
  const notes = ['Prices are bids; volume is in units of the base currency.'];
  if (numFilled > 0)
    notes.push(`${numFilled} minutes without volume repeat the price before, and were left out.`);
  if (job.barMs === MINUTE_MS)
    return {
      candles: minutes,
      origins,
      notes: [...notes, ...gapNotes(minutes, MINUTE_MS, job.fromMs, job.toMs)],
    };
  const { candles, dropped } = resampleCandles(minutes, job.barMs);
  if (dropped > 0)
    notes.push(`${dropped} minutes lie in bars that are not whole, at the beginning and the end.`);
  return { candles, origins, notes };
}

/** @throws DataError `unexpected-answer` for bytes that are no whole file of bars */
async function decode(name: string, packed: Uint8Array): Promise<Uint8Array> {
  if (packed.length === 0) return packed;
  const { lzma } = await loadLzma();
  let bytes: Uint8Array;
  try {
    bytes = await lzma.decompress(packed);
  } catch (cause) {
    throw new DataError('unexpected-answer', `${name} is no whole LZMA file; run the same command again.`, {
      cause,
    });
  }
  if (bytes.length % BYTES_A_BAR === 0 && bytes.length <= (DAY_MS / MINUTE_MS) * BYTES_A_BAR) return bytes;
  throw new DataError(
    'unexpected-answer',
    `${name} holds ${bytes.length} bytes, which are no bars of a day.`,
  );
}

/** @throws DataError `lzma-missing` */
async function loadLzma(): Promise<LzmaModule> {
  try {
    const module = (await import('@napi-rs/lzma' as string)) as LzmaModule & { default?: LzmaModule };
    return module.lzma === undefined ? (module.default as LzmaModule) : module;
  } catch (cause) {
    throw new DataError(
      'lzma-missing',
      'Dukascopy’s files need the package "@napi-rs/lzma", which is not installed: run "npm install @napi-rs/lzma".',
      { cause },
    );
  }
}

function* days(job: Job, nowMs: number): Generator<number> {
  // A day is published when it is over.
  for (
    let day = Math.floor(job.fromMs / DAY_MS);
    day * DAY_MS < job.toMs && (day + 1) * DAY_MS <= nowMs;
    day++
  )
    yield day * DAY_MS;
}

const nativeSymbol = (symbol: string): string => symbol.toUpperCase().replace(/[^A-Z0-9]/g, '');
const partName = (dayMs: number): string => `${new Date(dayMs).toISOString().slice(0, 10)}.bi5`;

/** Months count from 00. */
function urlOf(job: Job, dayMs: number): string {
  const date = new Date(dayMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const path = `${nativeSymbol(job.symbol)}/${date.getUTCFullYear()}/${two(date.getUTCMonth())}/${two(date.getUTCDate())}`;
  return `${job.baseUrl ?? ADDRESS}/${path}/BID_candles_min_1.bi5`;
}
