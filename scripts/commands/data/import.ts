/** `market-gym data import`: reads files of others and writes them in our own form, with a manifest of what became of every row. */
import type { Argv } from 'yargs';
import { importData, manifestPath } from '../../../experiments/data/import-data.ts';
import { expandFiles } from '../../../experiments/run/data-files.ts';
import { parseBarSpec } from '../../../market/candles/bar-spec.ts';
import { parsePair } from '../../../market/candles/currencies.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { createConsole } from '../../terminal/console.ts';
import { dataOptions, readOptionsOf } from '../../terminal/data-options.ts';
import type { Io } from '../../terminal/io.ts';

export const options = (yargs: Argv) =>
  dataOptions(yargs)
    .positional('files', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'Files of candles, trades or order books, of any format; patterns too',
    })
    .option('out', {
      type: 'string',
      demandOption: true,
      describe: 'A file that ends in .parquet, or a folder with a file a series',
    })
    .option('bars', {
      type: 'string',
      describe: 'Bars to make of trades, books or finer bars: 5m, 4h, 1d, ticks:1000, volume:50, value:1e6',
    })
    .option('pair', {
      type: 'string',
      describe: 'What a file of books or trades trades, where it does not say: BTC/BRL',
    })
    .option('venue', { type: 'string', describe: 'What to call the venue of a file that does not say' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['out', 'bars', 'pair', 'venue']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const manifest = await importData(args.files.flatMap(expandFiles), {
    ...readOptionsOf(args),
    out: args.out,
    ...(args.bars !== undefined && { bars: parseBarSpec(args.bars) }),
    ...(args.pair !== undefined && { pair: parsePair(args.pair) }),
    ...(args.venue !== undefined && { venue: args.venue }),
  });
  for (const { path, format, kind, rows, notes } of manifest.inputs) {
    console.say(`${path}: ${rows} rows of ${kind}, ${format}`);
    for (const note of notes) console.say(`  ${note}`);
  }
  for (const { path, symbol, rows, from, to } of manifest.outputs) {
    console.say(`Wrote ${path}: ${symbol === undefined ? '' : `${symbol}, `}${rows} rows, ${from} to ${to}`);
  }
  console.say(`What became of every row: ${manifestPath(args.out)}`);
  console.result(manifest);
  return 0;
}
