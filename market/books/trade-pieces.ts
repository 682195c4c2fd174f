/** Cuts trades into pieces and puts pieces together: for tapes that fit in no memory whole. */
import type { LoadedTrades } from './table-trades.ts';
import { TRADE_COLUMNS, type TradeTape } from './trade-tape.ts';

const DAY_MS = 86_400_000;

/** Trades `from` ≤ n < `to` of a tape, copied. */
function sliceTrades(tape: TradeTape, from: number, to: number): TradeTape {
  const { timeMs, exchangeTimeMs, venue, prices, sizes, sides } = tape;
  return {
    venues: tape.venues,
    length: to - from,
    timeMs: timeMs.slice(from, to),
    exchangeTimeMs: exchangeTimeMs.slice(from, to),
    venue: venue.slice(from, to),
    prices: prices.slice(from, to),
    sizes: sizes.slice(from, to),
    sides: sides.slice(from, to),
  };
}

/** Tapes of the same venues, one behind the other. */
function joinTrades(pieces: readonly TradeTape[]): TradeTape {
  const [first] = pieces;
  if (pieces.length === 1) return first;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const joined = {
    venues: first.venues,
    length,
    timeMs: new Float64Array(length),
    exchangeTimeMs: new Float64Array(length),
    venue: new Uint8Array(length),
    prices: new Float64Array(length),
    sizes: new Float64Array(length),
    sides: new Int8Array(length),
  };
  let at = 0;
  for (const piece of pieces) {
    for (const name of TRADE_COLUMNS) joined[name].set(piece[name], at);
    at += piece.length;
  }
  return joined;
}

/** Pieces that follow one another in time as one tape a day, of UTC; each is handed out when the next day begins. */
export async function* tradeDays(pieces: AsyncIterable<LoadedTrades>): AsyncGenerator<LoadedTrades> {
  let day = Number.NaN;
  const held: TradeTape[] = [];
  const notes = new Set<string>();
  for await (const { trades, notes: said } of pieces) {
    for (const note of said) notes.add(note);
    const { timeMs, length } = trades;
    for (let from = 0; from < length; ) {
      const thisDay = Math.floor(timeMs[from] / DAY_MS);
      if (held.length > 0 && thisDay !== day) yield { trades: joinTrades(held.splice(0)), notes: [...notes] };
      day = thisDay;
      let to = from + 1;
      while (to < length && timeMs[to] < (day + 1) * DAY_MS) to++;
      held.push(sliceTrades(trades, from, to));
      from = to;
    }
  }
  if (held.length > 0) yield { trades: joinTrades(held), notes: [...notes] };
}
