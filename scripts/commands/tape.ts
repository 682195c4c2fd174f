/** `market-gym tape`: what a tape holds, whether it is whole, its books for others, and tapes made of books. */
import type { Argv } from 'yargs';
import { ConfigError, StorageError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { standInTape } from '../../live/tape/book-frames.ts';
import { loadBooksOrCapture } from '../../live/tape/capture.ts';
import { readTapeData } from '../../live/tape/data.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import { CCXT_PREFIX } from '../../live/venues/ccxt.ts';
import { describeMarket } from '../../live/venues/find.ts';
import { encodeBooks, encodeTrades } from '../../market/books/load.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import { readTape, summarizeTape, type TapeRecord } from '../../storage/tape.ts';
import { isTape, requireTape } from '../../storage/tape-segments.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';
import { createConsole } from '../terminal/console.ts';
import { MAX_SEED, wholeNumber } from '../terminal/counts.ts';
import { formatColumns } from '../terminal/table.ts';

const tapeOption = (yargs: Argv) =>
  yargs
    .positional('tape', { type: 'string', demandOption: true, describe: 'Directory of the tape' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' });

export const verifyTapeOptions = (yargs: Argv) =>
  tapeOption(yargs).option('repair', {
    type: 'boolean',
    default: false,
    describe: 'Cuts off a last line that was not written to its end',
  });

export const tapeInfoOptions = tapeOption;

export const exportTapeOptions = (yargs: Argv) =>
  tapeOption(yargs)
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'Books as .jsonl, .jsonl.gz or .parquet; .ndjson: every record as a line',
    })
    .option('trades', { type: 'string', describe: 'File for the trades, likewise' })
    .requiresArg('trades');

export const makeTapeOptions = (yargs: Argv) =>
  tapeOption(yargs)
    .option('data', { type: 'string', describe: 'File of order books; default: a synthetic market' })
    .option('venues', {
      default: '1',
      coerce: wholeNumber('venues', 1, 2),
      describe: 'Venues of the synthetic market',
    })
    .option('events', {
      default: '20000',
      coerce: wholeNumber('events', 100, 10_000_000),
      describe: 'Books of the synthetic market',
    })
    .option('seed', {
      default: '1',
      coerce: wholeNumber('seed', 0, MAX_SEED),
      describe: 'Decides the market',
    })
    .requiresArg(['data', 'venues', 'events', 'seed']);

type Arguments<Options extends (yargs: Argv) => Argv> = Awaited<ReturnType<Options>['argv']>;
interface TapeArguments {
  readonly tape: string;
  readonly json: boolean;
}

/** @returns 1 for a torn tail that was left as it is */
export async function verifyTapeCommand(args: TapeArguments & { repair: boolean }): Promise<number> {
  const console = createConsole(args);
  requireTape(args.tape);
  const { torn, numRecords, chain } = summarizeTape(args.tape);
  if (torn !== undefined && args.repair) await new TapeWriter(args.tape).close();
  console.say(`${numRecords} records, each as it was written; chain ${chain}.`);
  if (torn !== undefined) {
    console.say(
      `${torn.file} ends in ${torn.numBytes} bytes of a line that was cut off` +
        `${args.repair ? '; they are removed.' : ': --repair removes them.'}`,
    );
  }
  console.result({ numRecords, chain, torn, repaired: torn !== undefined && args.repair });
  return torn === undefined || args.repair ? 0 : 1;
}

export async function tapeInfoCommand(args: TapeArguments): Promise<number> {
  const console = createConsole(args);
  requireTape(args.tape);
  const summary = summarizeTape(args.tape);
  const { fromMs, toMs, numRecords, numSegments, numBytes, kinds, chain } = summary;
  const time = (timeMs: number | undefined) => (timeMs === undefined ? '–' : new Date(timeMs).toISOString());
  const [first] = readTape(args.tape, { onTorn: () => {} });
  console.say(
    formatColumns([
      ['records', `${numRecords} in ${numSegments} files, ${numBytes} bytes`],
      ['from', time(fromMs)],
      ['to', time(toMs)],
      ['chain', chain],
      ...Object.entries(kinds).map(([kind, count]) => [kind, String(count)]),
      ...marketRows(first?.record),
      ['session', JSON.stringify(first?.record[2] ?? null)],
    ]),
  );
  console.result({ ...summary, session: first?.record[2] });
  return 0;
}

/** Each market of the tape's session as a row; none for a tape of another version. */
function marketRows(record: TapeRecord | undefined): string[][] {
  const { config } = (record?.[2] ?? {}) as { config?: { markets?: { venue: string; symbol: string }[] } };
  return (config?.markets ?? []).map(({ venue, symbol }) => {
    const isKnown = builtInVenues.some(({ name }) => name === venue) || venue.startsWith(CCXT_PREFIX);
    return ['market', isKnown ? describeMarket(builtInVenues, { venue, symbol }) : `${venue} ${symbol}`];
  });
}

export async function exportTapeCommand(
  args: TapeArguments & { file: string; trades?: string },
): Promise<number> {
  const console = createConsole(args);
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
  const { books, trades } = readTapeData(readTape(args.tape, { onTorn: () => {} }), builtInVenues);
  writeFileAtomic(args.file, encodeBooks(books, args.file));
  if (args.trades !== undefined) {
    if (trades === undefined) throw new ConfigError('no-trades', `"${args.tape}" holds no trades.`);
    writeFileAtomic(args.trades, encodeTrades(trades, args.trades));
  }
  console.say(`${books.length} books and ${trades?.length ?? 0} trades; the books are in ${args.file}.`);
  console.result({ file: args.file, books: books.length, trades: trades?.length ?? 0 });
  return 0;
}

export async function makeTapeCommand(args: Arguments<typeof makeTapeOptions>): Promise<number> {
  const console = createConsole(args);
  if (isTape(args.tape)) {
    throw new StorageError('tape-exists', `"${args.tape}" already holds a tape; choose another directory.`);
  }
  const books = args.data === undefined ? syntheticBooks(args) : (await loadBooksOrCapture(args.data)).tape;
  const writer = new TapeWriter(args.tape);
  for (const record of standInTape(books)) writer.append(record);
  await writer.close();
  console.say(
    `${books.length} books of ${books.venues.map(({ name }) => name).join(' and ')} are on ${args.tape}.`,
  );
  console.result({ tape: args.tape, books: books.length });
  return 0;
}

function syntheticBooks({
  venues,
  events,
  seed,
}: {
  venues: number;
  events: number;
  seed: number;
}): BookTape {
  const names = ['A', 'B'].slice(0, Math.max(2, venues));
  const market = new SyntheticVenues({
    events: venues === 1 ? 2 * events : events,
    venues: names.map((name) => ({ name, intervalMs: 1000, basisDeviationBps: 12, spreadBps: 3 })),
  });
  const books = structuredClone(market.generate(createRng(seed)));
  const pair = { base: 'BTC', quote: 'USDT' };
  const all = { ...books, venues: books.venues.map(({ name }) => ({ name, ...pair })) };
  return venues === 1 ? onlyVenue(all, 0) : all;
}

/** The events of one venue alone. */
function onlyVenue(books: BookTape, venue: number): BookTape {
  const rows: number[] = [];
  for (let n = 0; n < books.length; n++) if (books.venue[n] === venue) rows.push(n);
  const pick = (values: Float64Array, width: number) =>
    Float64Array.from(
      { length: rows.length * width },
      (_, i) => values[rows[Math.floor(i / width)] * width + (i % width)],
    );
  const { depth } = books;
  return {
    venues: [books.venues[venue]],
    depth,
    length: rows.length,
    timeMs: pick(books.timeMs, 1),
    exchangeTimeMs: pick(books.exchangeTimeMs, 1),
    venue: new Uint8Array(rows.length),
    bidPrices: pick(books.bidPrices, depth),
    bidSizes: pick(books.bidSizes, depth),
    askPrices: pick(books.askPrices, depth),
    askSizes: pick(books.askSizes, depth),
  };
}
