/** `market-gym tape make`: a tape of frames, made of order books. */
import type { Argv } from 'yargs';
import { StorageError } from '../../../core/errors.ts';
import { createRng, MAX_SEED } from '../../../core/rng.ts';
import { standInTape } from '../../../live/tape/book-frames.ts';
import { loadBooksOrCapture } from '../../../live/tape/capture.ts';
import type { BookTape } from '../../../market/books/tape.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import { isTape } from '../../../storage/tape-segments.ts';
import { TapeWriter } from '../../../storage/tape-writer.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { createConsole } from '../../terminal/console.ts';
import { wholeNumber } from '../../terminal/counts.ts';
import type { Io } from '../../terminal/io.ts';
import { tapeOptions } from '../../terminal/tape-options.ts';

export const options = (yargs: Argv) =>
  tapeOptions(yargs)
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

/** @returns the exit code */
export async function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const console = createConsole(args, io);
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
