/** `market-gym tape info`: the records that a tape holds, and the session that wrote them. */

import type { ConfigSchema } from '../../../core/config.ts';
import type { Json } from '../../../core/snapshot.ts';
import { formatColumns } from '../../../core/text-table.ts';
import { openCatalog } from '../../../experiments/plugins/catalog.ts';
import type { VenuePlugin } from '../../../live/connection/venue.ts';
import { CCXT_PREFIX } from '../../../live/venues/ccxt.ts';
import { describeMarket } from '../../../live/venues/find.ts';
import { readTape, summarizeTape, type TapeRecord } from '../../../storage/tape.ts';
import { CHECKPOINT_KIND, requireTape } from '../../../storage/tape-segments.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { createConsole } from '../../terminal/console.ts';
import type { Io } from '../../terminal/io.ts';
import { accessOf } from '../../terminal/plugin-options.ts';
import { tapeOptions } from '../../terminal/tape-options.ts';

export const options = tapeOptions;

/** @returns the exit code */
export async function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const console = createConsole(args, io);
  requireTape(args.tape);
  const summary = summarizeTape(args.tape);
  const { fromMs, toMs, numRecords, numSegments, numBytes, kinds, chain } = summary;
  const time = (timeMs: number | undefined) => (timeMs === undefined ? '–' : new Date(timeMs).toISOString());
  // What a tape holds is told without its code: a venue of a plugin is known where the plugin is given.
  const { venues } = await openCatalog([], accessOf(args), 'The command');
  const [first] = readTape(args.tape, { onTorn: () => {} });
  const session = first === undefined ? undefined : sessionOf(first.record);
  console.say(
    formatColumns([
      ['records', `${numRecords} in ${numSegments} files, ${numBytes} bytes`],
      ['from', time(fromMs)],
      ['to', time(toMs)],
      ['chain', chain],
      ...Object.entries(kinds).map(([kind, count]) => [kind, String(count)]),
      ...marketRows(session, [...venues]),
      ['session', JSON.stringify(session ?? null)],
    ]),
  );
  console.result({ ...summary, session });
  return 0;
}

/** What the first record says of the session: a tape whose older part was taken away begins with a checkpoint. */
function sessionOf([kind, , body]: TapeRecord): Json {
  return kind === CHECKPOINT_KIND ? (body as { session: Json }).session : body;
}

/** Each market of the tape's session as a row; none for a tape of another version. */
function marketRows(session: Json | undefined, venues: readonly VenuePlugin<ConfigSchema>[]): string[][] {
  const { config } = (session ?? {}) as { config?: { markets?: { venue: string; symbol: string }[] } };
  return (config?.markets ?? []).map(({ venue, symbol }) => {
    const isKnown = venues.some(({ name }) => name === venue) || venue.startsWith(CCXT_PREFIX);
    return ['market', isKnown ? describeMarket(venues, { venue, symbol }) : `${venue} ${symbol}`];
  });
}
