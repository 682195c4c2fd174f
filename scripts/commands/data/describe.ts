/** `market-gym data describe`: what a file of candles, order books or trades holds, and what to mind about it. */
import { basename } from 'node:path';
import type { Argv } from 'yargs';
import { ConfigError, DataError } from '../../../core/errors.ts';
import { openConverter, symbolOfPath } from '../../../experiments/data/convert.ts';
import { SHIPPED_DATA, shippedDataPath } from '../../../experiments/plugins/catalog.ts';
import { loadBooksOrCapture } from '../../../live/tape/capture.ts';
import { detectTapeFile, isTradeFile, loadTradesWithNotes } from '../../../market/books/load.ts';
import { describeBooks } from '../../../market/books/quality.ts';
import { formatBookQuality } from '../../../market/books/quality-text.ts';
import type { LoadBooksOptions } from '../../../market/books/tape-loading.ts';
import { countRepeatedTrades } from '../../../market/books/trade-tape.ts';
import type { Candles } from '../../../market/candles/candles.ts';
import { type Pair, parsePair } from '../../../market/candles/currencies.ts';
import { describeCandles, formatDataQuality } from '../../../market/candles/data-quality.ts';
import { formatTime } from '../../../market/candles/timestamps.ts';
import { type LoadReport, loadCandleSeries, type NamedCandles } from '../../../market/files/candle-series.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import type { ReadOptions } from '../../../market/files/options.ts';
import {
  describePair,
  describePanel,
  formatPair,
  formatPanel,
  type PairDescription,
  type PanelDescription,
} from '../../../market/statistics/pairs/describe.ts';
import { writeFileAtomic } from '../../../storage/atomic.ts';
import { renderQualityReport } from '../../../trainers/report/data-quality.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { type Console, createConsole } from '../../terminal/console.ts';
import { dataOptions, readOptionsOf } from '../../terminal/data-options.ts';
import type { Io } from '../../terminal/io.ts';

export const options = (yargs: Argv) =>
  dataOptions(yargs)
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'Candles, order books or trades (.gz too), or sp500',
    })
    .option('pair', {
      type: 'string',
      describe: 'What a file of books trades, where it does not say: BTC/BRL',
    })
    .option('against', {
      type: 'string',
      describe: 'A second file of candles: do the two wander together?',
    })
    .option('venue', { type: 'string', describe: 'What to call the venue of a file that does not say' })
    .option('report', {
      type: 'string',
      describe: 'Write the report on candles as a page with pictures to this file: report.html',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['pair', 'venue', 'against', 'report']);

type Arguments = ArgumentsOf<typeof options>;

/** Series of which each figure is shown. */
const MAX_SERIES = 5;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { file, pair, venue } = args;
  const console = createConsole(args, io);
  const path = file === SHIPPED_DATA ? shippedDataPath() : file;
  const read = readOptionsOf(args);
  const kind = await detectTapeFile(path, read);
  const bookOptions: LoadBooksOptions = {
    ...read,
    ...(pair !== undefined && { pair: parsePair(pair) }),
    ...(venue !== undefined && { venue }),
  };
  if (args.report !== undefined && kind !== undefined) {
    throw new ConfigError('invalid-setting', `--report shows candles, and ${file} holds none; leave it out.`);
  }
  if (kind === undefined) await describeCandleFile(path, read, args, bookOptions.pair, console);
  else if (isTradeFile(kind)) await describeTrades(path, bookOptions, console);
  else {
    const { trades, report, ...loaded } = await loadBooksOrCapture(path, bookOptions);
    const { tape, notes } = read.convert
      ? (await openConverter(read.convert)).tape(loaded.tape)
      : { tape: loaded.tape, notes: [] };
    const quality = describeBooks(tape);
    console.say(`understood as  ${report.format}`);
    for (const note of [...report.notes, ...notes]) console.say(note);
    console.say(formatBookQuality(quality));
    if (trades !== undefined) console.say(`The file has ${trades.length} trades too.`);
    console.result({ file: path, ...report, depth: tape.depth, trades: trades?.length ?? 0, ...quality });
  }
  return 0;
}

async function describeCandleFile(
  path: string,
  read: ReadOptions,
  { report: page, file, against }: Pick<Arguments, 'report' | 'file' | 'against'>,
  pair: Pair | undefined,
  console: Console,
): Promise<void> {
  const { report, ...loaded } = await loadCandleSeries(path, read);
  const converter = read.convert && (await openConverter(read.convert));
  const notes = [...report.notes];
  const series = loaded.series.map(({ symbol, candles }) => {
    if (converter === undefined) return { symbol, candles };
    const converted = converter.candles(candles, symbol ?? symbolOfPath(path), pair);
    notes.push(...converted.notes);
    return { symbol, candles: converted.candles };
  });
  console.say(understoodAs(report, series));
  for (const note of notes) console.say(note);
  if (page !== undefined) {
    const source = { title: basename(file), understoodAs: understoodAs(report, series), notes, series };
    writeFileAtomic(page, renderQualityReport(source));
  }
  const described = series.map(({ symbol, candles }) => ({ symbol, ...describeCandles(candles) }));
  if (described.length === 1) {
    console.say(formatDataQuality(described[0]));
    if (page !== undefined) console.say(`Report: ${page}`);
    const together =
      against === undefined ? undefined : await describeAgainst(series[0].candles, against, read);
    if (together !== undefined) console.say(`\nagainst        ${against}\n${formatPair(together)}`);
    console.result({ file: path, ...report, ...described[0], ...(together && { against: together }) });
    return;
  }
  console.say(`The file holds ${series.length} series; --symbol chooses one.`);
  for (const { symbol, ...quality } of described.slice(0, MAX_SERIES)) {
    console.say(`\n${symbol}\n${formatDataQuality(quality)}`);
  }
  if (described.length > MAX_SERIES) console.say(`\nand ${described.length - MAX_SERIES} more series`);
  if (page !== undefined) console.say(`Report: ${page}`);
  const panel = describeTogether(series);
  if (panel !== undefined) {
    const names = series.map(({ symbol }) => symbol ?? '');
    console.say(`\n${formatPanel(panel, names)}`);
  }
  console.result({ file: path, ...report, series: described, ...(panel && { panel }) });
}

/** Undefined where the series share no bars, or do not move. */
function describeTogether(series: readonly NamedCandles[]): PanelDescription | undefined {
  try {
    return describePanel(series.map(({ candles }) => candles));
  } catch (error) {
    if (error instanceof DataError || error instanceof ConfigError) return undefined;
    throw error;
  }
}

async function describeAgainst(candles: Candles, file: string, read: ReadOptions): Promise<PairDescription> {
  const other = await loadCandles(file === SHIPPED_DATA ? shippedDataPath() : file, read);
  return describePair(candles, other.candles);
}

/** What was made of the file, before any figure of it. */
function understoodAs(
  { format, kind, columns, zone, timeForms }: LoadReport,
  series: readonly NamedCandles[],
): string {
  const { time, clock, volume, ...prices } = columns;
  const names = Object.entries(prices).map(([role, name]) =>
    role === name.toLowerCase() ? name : `${role} "${name}"`,
  );
  const when = `time "${time}"${clock === undefined ? '' : ` and "${clock}"`} (${timeForms.join(', ')}; ${zone ?? 'UTC'})`;
  const pair = series.length === 1 && series[0].symbol !== undefined ? `, of ${series[0].symbol}` : '';
  const words = kind === 'wide' ? 'prices, a column each series' : 'candles';
  return `understood as  ${format}, ${words}${pair}: ${when}, ${names.join(', ')}${volume === undefined ? '' : `, volume "${volume}"`}`;
}

async function describeTrades(path: string, options: LoadBooksOptions, console: Console): Promise<void> {
  const { trades, notes } = await loadTradesWithNotes(path, options);
  const first = trades.timeMs[0];
  const last = trades.timeMs[trades.length - 1];
  const repeated = countRepeatedTrades(trades);
  console.say(`trades         ${trades.length}, ${formatTime(first)} to ${formatTime(last)}`);
  console.say(`repeated       ${repeated} equal another of the same time in everything`);
  const { venues, length } = trades;
  for (const { name, base, quote } of venues) console.say(`market         ${name}: ${base}/${quote}`);
  for (const note of notes) console.say(`note           ${note}`);
  console.result({
    file: path,
    venues,
    trades: length,
    firstTimeMs: first,
    lastTimeMs: last,
    repeated,
    notes,
  });
}
