/** `market-gym data reduce`: makes candles of files that memory does not hold, on disk. */
import type { Argv } from 'yargs';
import { ConfigError } from '../../../core/errors.ts';
import { reduceData } from '../../../experiments/data/reduce.ts';
import { expandFiles } from '../../../experiments/run/data-files.ts';
import { parseBarSpec } from '../../../market/candles/bar-spec.ts';
import { formatTime } from '../../../market/candles/timestamps.ts';
import { parseTime } from '../../../market/files/time-text.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { createConsole } from '../../terminal/console.ts';
import { wholeNumber } from '../../terminal/counts.ts';
import type { Io } from '../../terminal/io.ts';

export const options = (yargs: Argv) =>
  yargs
    .positional('files', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'Candles in Parquet or CSV files of one form; patterns too',
    })
    .option('out', { type: 'string', demandOption: true, describe: 'A file that ends in .parquet' })
    .option('symbol', {
      type: 'string',
      describe: 'Which symbol, where the files hold several; default: all',
    })
    .option('from', { type: 'string', describe: 'Bars from this time on: 2024-01-31' })
    .option('to', { type: 'string', describe: 'Bars before this time' })
    .option('bars', { type: 'string', describe: 'Length of the bars that are made: 5m, 4h, 1d' })
    .option('join', {
      type: 'string',
      describe:
        'A file whose columns are put beside each bar, as known when it closes; features name them column:NAME',
    })
    .option('memory', {
      default: '1024',
      coerce: wholeNumber('memory', 64),
      describe: 'MB that may be held before disk is used',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['out', 'symbol', 'from', 'to', 'bars', 'join', 'memory']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const bars = args.bars === undefined ? undefined : parseBarSpec(args.bars);
  if (bars !== undefined && bars.by !== 'time')
    throw new ConfigError('invalid-bars', '--bars takes bars of time here: 5m, 4h, 1d.');
  const reduced = await reduceData(args.files.flatMap(expandFiles), {
    out: args.out,
    memoryMb: args.memory,
    ...(args.symbol !== undefined && { symbol: args.symbol }),
    ...(args.from !== undefined && { fromMs: readTime(args.from, '--from') }),
    ...(args.to !== undefined && { toMs: readTime(args.to, '--to') }),
    ...(bars !== undefined && { barMs: bars.barMs }),
    ...(args.join !== undefined && { join: args.join }),
  });
  const { path, rowsIn, rows, symbols, fromMs, toMs, joined, notes } = reduced;
  for (const note of notes) console.say(note);
  console.say(
    `Wrote ${path}: ${rows} bars of ${rowsIn}, ${symbols === 1 ? 'one series' : `${symbols} series`}, ` +
      `${formatTime(fromMs)} to ${formatTime(toMs)}`,
  );
  if (joined.length > 0) console.say(`Beside each bar: ${joined.join(', ')}`);
  console.result(reduced);
  return 0;
}

function readTime(value: string, option: string): number {
  const timeMs = parseTime(value);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new ConfigError(
    'invalid-time',
    `${option} "${value}" is no time; write it as 2024-01-31 or 2024-01-31T08:00.`,
  );
}
