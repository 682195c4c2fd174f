/** `market-gym data describe`: what a file of candles, order books or trades holds, and what to mind about it. */
import type { Argv } from 'yargs';
import { SHIPPED_DATA, shippedDataPath } from '../../../experiments/plugins/catalog.ts';
import { loadBooksOrCapture } from '../../../live/tape/capture.ts';
import { detectTapeFile, isTradeFile, loadTrades } from '../../../market/books/load.ts';
import { describeBooks } from '../../../market/books/quality.ts';
import { formatBookQuality } from '../../../market/books/quality-text.ts';
import { countRepeatedTrades } from '../../../market/books/trade-tape.ts';
import { parsePair } from '../../../market/candles/currencies.ts';
import { describeCandles, formatDataQuality } from '../../../market/candles/data-quality.ts';
import { formatTime } from '../../../market/candles/timestamps.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { type Console, createConsole } from '../../terminal/console.ts';
import type { Io } from '../../terminal/io.ts';

export const options = (yargs: Argv) =>
  yargs
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'Candles, order books or trades (.gz too), or sp500',
    })
    .option('pair', {
      type: 'string',
      describe: 'What a file of books trades, where it does not say: BTC/BRL',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg('pair');

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run({ file, json, pair }: Arguments, io: Io): Promise<number> {
  const console = createConsole({ json }, io);
  const path = file === SHIPPED_DATA ? shippedDataPath() : file;
  const kind = await detectTapeFile(path);
  if (kind === undefined) {
    const { candles, report } = await loadCandles(path);
    const quality = describeCandles(candles);
    for (const note of report.notes) console.say(note);
    console.say(formatDataQuality(quality));
    console.result({ file, ...report, ...quality });
  } else if (isTradeFile(kind)) await describeTrades(path, pair, console);
  else {
    const { tape, trades, report } = await loadBooksOrCapture(
      path,
      pair === undefined ? {} : { pair: parsePair(pair) },
    );
    const quality = describeBooks(tape);
    for (const note of report.notes) console.say(note);
    console.say(formatBookQuality(quality));
    if (trades !== undefined) console.say(`The file has ${trades.length} trades too.`);
    console.result({ file, ...report, depth: tape.depth, trades: trades?.length ?? 0, ...quality });
  }
  return 0;
}

async function describeTrades(path: string, pair: string | undefined, console: Console): Promise<void> {
  const trades = await loadTrades(path, pair === undefined ? {} : { pair: parsePair(pair) });
  const first = trades.timeMs[0];
  const last = trades.timeMs[trades.length - 1];
  const repeated = countRepeatedTrades(trades);
  console.say(`trades         ${trades.length}, ${formatTime(first)} to ${formatTime(last)}`);
  console.say(`repeated       ${repeated} equal another of the same time in everything`);
  const { venues, length } = trades;
  console.result({ file: path, venues, trades: length, firstTimeMs: first, lastTimeMs: last, repeated });
}
