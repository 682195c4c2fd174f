/** `market-gym data download`: fetches history from public sources into a folder, in our own form with a manifest. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Argv } from 'yargs';
import { ConfigError, DataError } from '../../../core/errors.ts';
import {
  type DownloadEvent,
  type DownloadManifest,
  downloadData,
} from '../../../experiments/data/download/download.ts';
import type { HttpWorld } from '../../../experiments/data/download/http.ts';
import { SOURCE_NAMES } from '../../../experiments/data/download/sources.ts';
import { manifestPath } from '../../../experiments/data/import-data.ts';
import { parseBarSpec } from '../../../market/candles/bar-spec.ts';
import { parseTime } from '../../../market/files/time-text.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { type Console, createConsole, type Progress } from '../../terminal/console.ts';
import { EXIT_INTERRUPTED } from '../../terminal/exit-codes.ts';
import type { Io } from '../../terminal/io.ts';

export const options = (yargs: Argv) =>
  yargs
    .option('source', { type: 'string', demandOption: true, describe: SOURCE_NAMES.join(', ') })
    .option('symbol', {
      type: 'string',
      demandOption: true,
      describe: 'As the source calls it, several by comma: BTCUSDT; BTC/USDT for ccxt; AAPL; EURUSD',
    })
    .option('bars', { type: 'string', default: '1h', describe: 'Length of a bar: 1m, 5m, 1h, 1d' })
    .option('trades', { type: 'boolean', default: false, describe: 'Fetch trades instead of bars' })
    .option('from', { type: 'string', demandOption: true, describe: 'First time, UTC, e.g. 2024-01-01' })
    .option('to', {
      type: 'string',
      defaultDescription: 'now',
      describe: 'End, UTC: what begins then is not fetched',
    })
    .option('out', {
      type: 'string',
      demandOption: true,
      describe: 'A folder; a download that is there already goes on, or grows',
    })
    .option('market', {
      choices: ['spot', 'um', 'cm'] as const,
      default: 'spot' as const,
      describe: 'Of binance-vision: spot, or futures in USD (um) or coins (cm)',
    })
    .option('price-scale', {
      type: 'number',
      describe: 'Of dukascopy, where it is not known: 1000 for three decimals',
    })
    .option('base-url', { type: 'string', describe: 'Another address of the source: a mirror, a proxy' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['source', 'symbol', 'bars', 'from', 'to', 'out', 'market', 'price-scale', 'base-url']);

type Arguments = ArgumentsOf<typeof options>;

const world: HttpWorld = {
  fetch: (...request) => globalThis.fetch(...request),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  now: () => Date.now(),
};

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const { source, trades, market, baseUrl, priceScale, out } = args;
  const bars = parseBarSpec(args.bars);
  if (bars.by !== 'time')
    throw new ConfigError(
      'invalid-bars',
      `Bars of ${args.bars} are made of trades: download --trades, then "data import --bars".`,
    );
  if (priceScale !== undefined && !(priceScale >= 1 && priceScale < Infinity))
    throw new ConfigError(
      'invalid-setting',
      `--price-scale takes a number of at least 1, such as 1000; "${priceScale}" is none.`,
    );
  if (baseUrl !== undefined && !/^https?:\/\/[^/]/.test(baseUrl))
    throw new ConfigError(
      'invalid-setting',
      `--base-url takes an address that begins with http:// or https://; "${baseUrl}" does not.`,
    );
  const request = {
    source,
    symbols: args.symbol
      .split(',')
      .map((symbol) => symbol.trim())
      .filter((symbol) => symbol !== ''),
    kind: trades ? ('trades' as const) : ('candles' as const),
    interval: trades ? 'trades' : args.bars.trim(),
    barMs: bars.barMs,
    market,
    fromMs: readTime(args.from, '--from'),
    ...(args.to !== undefined && { toMs: readTime(args.to, '--to') }),
    ...(baseUrl !== undefined && { baseUrl }),
    ...(priceScale !== undefined && { priceScale }),
    out,
  };
  if (request.symbols.length === 0)
    throw new ConfigError('invalid-setting', '--symbol names no symbol, e.g. BTCUSDT.');
  try {
    const signal = io.interrupt();
    tell(await downloadData(request, { world, signal, onEvent: showDownload(console) }), out, console);
    return 0;
  } catch (error) {
    if (!(error instanceof DataError && error.code === 'download-stopped')) throw error;
    console.warn(error.message);
    return EXIT_INTERRUPTED;
  }
}

function tell(manifest: DownloadManifest, out: string, console: Console): void {
  for (const { path, symbol, rows, from, to, notes = [] } of manifest.outputs) {
    console.say(`Wrote ${path}: ${symbol}, ${rows} rows, ${from} to ${to}`);
    for (const note of notes) console.say(`  ${note}`);
  }
  console.say(`Where every row came from: ${manifestPath(out)}`);
  console.result(manifest);
}

const DAY_MS = 86_400_000;

/** Counts days: what a day holds differs by source. */
function showDownload(console: Console): (event: DownloadEvent) => void {
  let progress: Progress | undefined;
  let fromMs = 0;
  return (event) => {
    if (event.kind === 'started') {
      fromMs = event.fromMs;
      progress = console.progress(event.symbol, Math.ceil((event.toMs - fromMs) / DAY_MS), 0, 'days');
    } else if (event.kind === 'progress') progress?.update(Math.floor((event.atMs - fromMs) / DAY_MS));
    else progress?.stop();
  };
}

function readTime(text: string, option: string): number {
  const timeMs = parseTime(text);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new ConfigError(
    'invalid-time',
    `${option} "${text}" is no time; write it as 2024-01-31 or 2024-01-31T08:00.`,
  );
}
