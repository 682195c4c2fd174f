/** Downloads series into a folder, in our own form with a manifest; the same call again goes on where it stopped, or appends. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, DataError, StorageError } from '../../../core/errors.ts';
import { encodeTrades } from '../../../market/books/load.ts';
import { encodeCandleParquet } from '../../../market/candles/candle-parquet.ts';
import { formatTime } from '../../../market/candles/timestamps.ts';
import { attempt, makeDirectory, writeFileAtomic } from '../../../storage/atomic.ts';
import {
  fileName,
  type ImportedFile,
  type ImportManifest,
  manifestPath,
  type WrittenFile,
} from '../import-data.ts';
import { HttpClient, type HttpClientOptions, type HttpWorld } from './http.ts';
import { PartStore } from './part-store.ts';
import type { DownloadSource, Job, PartOrigin, SourceContext } from './source.ts';
import { findSource } from './sources.ts';

export interface DownloadRequest extends Pick<Job, 'kind' | 'interval' | 'barMs' | 'market'> {
  /** `binance-vision`, `yahoo`, `dukascopy`, `ccxt:EXCHANGE` */
  readonly source: string;
  readonly symbols: readonly string[];
  /** UTC epoch, included. */
  readonly fromMs: number;
  /** UTC epoch, not included; now by default. */
  readonly toMs?: number;
  readonly baseUrl?: string;
  readonly priceScale?: number;
  /** A folder. */
  readonly out: string;
}

export type DownloadEvent =
  | { readonly kind: 'started'; readonly symbol: string; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'progress'; readonly atMs: number }
  | { readonly kind: 'ended' };

export interface DownloadOptions {
  readonly world: HttpWorld;
  readonly signal: AbortSignal;
  readonly http?: HttpClientOptions;
  onEvent?(event: DownloadEvent): void;
}

export interface DownloadManifest extends ImportManifest {
  /** What has been asked for by this and all earlier downloads into the folder. */
  readonly download: StoredRequest & { readonly asOf: string };
}

/** What a folder is a download of: its series only grow. */
interface StoredRequest {
  readonly source: string;
  readonly market: Job['market'];
  readonly kind: Job['kind'];
  readonly interval: string;
  readonly symbols: readonly string[];
  readonly from: string;
  readonly to: string;
}

const PARTS = '.parts';

/**
 * Parts are kept in `OUT/.parts` as they arrive, each whole; series are written when all parts of them are there.
 * @throws ConfigError `unknown-source`, `invalid-time`, `other-download`; DataError as the sources; StorageError
 */
export async function downloadData(
  request: DownloadRequest,
  options: DownloadOptions,
): Promise<DownloadManifest> {
  const { world, signal, onEvent } = options;
  const source = await findSource(request.source);
  const nowMs = world.now();
  const stored = growRequest(request, Math.min(request.toMs ?? nowMs, nowMs));
  const jobs = stored.symbols.map((symbol) => jobOf(symbol, request, stored));
  if (!source.kinds.includes(request.kind))
    throw new ConfigError(
      'no-history',
      `"${source.name}" has no ${request.kind}; it has ${source.kinds.join(' and ')}.`,
    );
  for (const job of jobs) source.check(job);
  makeDirectory(join(request.out, PARTS));
  writeFileAtomic(requestPath(request.out), `${JSON.stringify(stored, null, 2)}\n`);
  const http = new HttpClient(world, signal, options.http);
  const inputs: ImportedFile[] = [];
  const outputs: WrittenFile[] = [];
  for (const job of jobs) {
    const context: SourceContext = {
      http,
      nowMs,
      signal,
      parts: new PartStore(join(request.out, PARTS, seriesName(job))),
      progress: (atMs) => {
        http.requireGoing();
        onEvent?.({ kind: 'progress', atMs });
      },
    };
    onEvent?.({ kind: 'started', symbol: job.symbol, fromMs: job.fromMs, toMs: job.toMs });
    try {
      await source.fetch(job, context);
    } finally {
      onEvent?.({ kind: 'ended' });
    }
    const written = await writeSeries(source, job, context, request.out);
    inputs.push(...written.inputs);
    outputs.push(...written.outputs);
  }
  const manifest: DownloadManifest = {
    format: 'market-gym-import',
    version: 1,
    download: { ...stored, asOf: formatTime(nowMs) },
    inputs,
    outputs,
  };
  writeFileAtomic(manifestPath(request.out), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

function jobOf(symbol: string, request: DownloadRequest, stored: StoredRequest): Job {
  const { kind, interval, barMs, market, baseUrl, priceScale } = request;
  return {
    symbol,
    kind,
    interval,
    barMs,
    market,
    fromMs: Date.parse(stored.from),
    toMs: Date.parse(stored.to),
    ...(baseUrl !== undefined && { baseUrl: baseUrl.replace(/\/+$/, '') }),
    ...(priceScale !== undefined && { priceScale }),
  };
}

/** The request of the folder, grown by this one: what lies between two spans is fetched too. */
function growRequest(request: DownloadRequest, toMs: number): StoredRequest {
  const { source, market, kind, interval, symbols, fromMs, out } = request;
  if (!(fromMs < toMs)) {
    throw new ConfigError(
      'invalid-time',
      `The span from ${formatTime(fromMs)} to ${formatTime(toMs)} is empty; --from must be before --to, and before now.`,
    );
  }
  const earlier = readRequest(out);
  if (earlier === undefined)
    return {
      source,
      market,
      kind,
      interval,
      symbols: [...new Set(symbols)],
      from: formatTime(fromMs),
      to: formatTime(toMs),
    };
  for (const [key, value] of Object.entries({ source, market, kind, interval })) {
    const known = earlier[key as 'source'];
    if (known === value) continue;
    throw new ConfigError(
      'other-download',
      `"${out}" holds a download with ${key} ${known}, not ${value}; name another folder with --out.`,
    );
  }
  return {
    ...earlier,
    symbols: [...new Set([...earlier.symbols, ...symbols])],
    from: formatTime(Math.min(fromMs, Date.parse(earlier.from))),
    to: formatTime(Math.max(toMs, Date.parse(earlier.to))),
  };
}

const requestPath = (out: string): string => join(out, PARTS, 'request.json');

function readRequest(out: string): StoredRequest | undefined {
  const path = requestPath(out);
  if (!existsSync(path)) return undefined;
  const text = attempt('read', path, () => readFileSync(path, 'utf8'));
  try {
    return JSON.parse(text) as StoredRequest;
  } catch (cause) {
    throw new StorageError('corrupt-file', `"${path}" is no JSON; remove it, and the download goes on.`, {
      cause,
    });
  }
}

const seriesName = ({ symbol, kind, interval }: Job): string =>
  `${fileName(symbol)}-${kind === 'trades' ? 'trades' : interval}`;

async function writeSeries(
  source: DownloadSource,
  job: Job,
  context: SourceContext,
  out: string,
): Promise<{ inputs: ImportedFile[]; outputs: WrittenFile[] }> {
  const { symbol, kind } = job;
  const inputs: ImportedFile[] = [];
  const outputs: WrittenFile[] = [];
  const put = (
    name: string,
    bytes: Uint8Array,
    { length, timeMs }: { length: number; timeMs: Float64Array },
    notes: readonly string[] = [],
  ) => {
    const path = join(out, `${name}.parquet`);
    writeFileAtomic(path, bytes);
    const [from, to] = [formatTime(timeMs[0]), formatTime(timeMs[length - 1])];
    outputs.push({ path, kind, symbol, rows: length, from, to, notes });
  };
  const take = ({ url, ...origin }: PartOrigin) => inputs.push({ path: url, kind, ...origin });
  if (kind === 'candles') {
    const made = await source.candles?.(job, context);
    if (made === undefined) throw nothingIn(source, job);
    put(seriesName(job), encodeCandleParquet([{ symbol, candles: made.candles }]), made.candles, made.notes);
    made.origins.forEach(take);
    return { inputs, outputs };
  }
  for await (const { name, trades, url, sha256, format, rows, notes } of source.trades?.(job, context) ??
    []) {
    put(`${seriesName(job)}-${name}`, encodeTrades(trades, 'x.parquet'), trades);
    take({ url, sha256, format, rows, notes });
  }
  if (outputs.length === 0) throw nothingIn(source, job);
  return { inputs, outputs };
}

function nothingIn({ name }: DownloadSource, { symbol, kind, fromMs, toMs }: Job): DataError {
  return new DataError(
    'nothing-found',
    `"${name}" has no ${kind} of ${symbol} from ${formatTime(fromMs)} to ${formatTime(toMs)}; check --symbol, --from and --to.`,
  );
}
