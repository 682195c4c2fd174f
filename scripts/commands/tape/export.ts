/** `market-gym tape export`: the books, trades or records of a tape as files for other programs. */
import type { Argv } from 'yargs';
import { ConfigError } from '../../../core/errors.ts';
import { openTapeData, TAPE_PREFIX } from '../../../experiments/live/tape-source.ts';
import { bookParts, tradeParts } from '../../../market/books/load.ts';
import { writeFileAtomic } from '../../../storage/atomic.ts';
import { readTape } from '../../../storage/tape.ts';
import { requireTape } from '../../../storage/tape-segments.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { createConsole } from '../../terminal/console.ts';
import type { Io } from '../../terminal/io.ts';
import { accessOf } from '../../terminal/plugin-options.ts';
import { tapeOptions } from '../../terminal/tape-options.ts';

export const options = (yargs: Argv) =>
  tapeOptions(yargs)
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'Books as .jsonl, .jsonl.gz or .parquet; .ndjson: every record as a line',
    })
    .option('trades', { type: 'string', describe: 'File for the trades, likewise' })
    .requiresArg('trades');

/** @returns the exit code */
export async function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const console = createConsole(args, io);
  requireTape(args.tape);
  if (args.file.endsWith('.ndjson')) {
    let numRecords = 0;
    function* lines(): Generator<string> {
      for (const { record } of readTape(args.tape, { onTorn: () => {} })) {
        numRecords++;
        yield `${JSON.stringify(record)}\n`;
      }
    }
    writeFileAtomic(args.file, lines());
    console.say(`${numRecords} records are in ${args.file}.`);
    console.result({ file: args.file, records: numRecords });
    return 0;
  }
  const { books, trades } = await openTapeData(`${TAPE_PREFIX}${args.tape}`, accessOf(args));
  writeFileAtomic(args.file, bookParts(books, args.file));
  if (args.trades !== undefined) {
    if (trades === undefined) throw new ConfigError('no-trades', `"${args.tape}" holds no trades.`);
    writeFileAtomic(args.trades, tradeParts(trades, args.trades));
  }
  console.say(`${books.length} books and ${trades?.length ?? 0} trades; the books are in ${args.file}.`);
  console.result({ file: args.file, books: books.length, trades: trades?.length ?? 0 });
  return 0;
}
