/** Puts pieces of one series behind each other, as months come in files of their own. */
import { DataError } from '../../core/errors.ts';
import { type Candles, createCandles, withExtra } from './candles.ts';

/**
 * @param pieces in any order; none may reach into another
 * @param source for messages
 * @throws DataError `missing-columns`; as `createCandles`: pieces that overlap have times that repeat or fall
 */
export function joinCandles(pieces: readonly Candles[], source: string): Candles {
  if (pieces.length === 1) return pieces[0];
  const sorted = [...pieces].sort((a, b) => a.timeMs[0] - b.timeMs[0]);
  const length = sorted.reduce((sum, candles) => sum + candles.length, 0);
  const join = (pick: (candles: Candles) => Float64Array): Float64Array => {
    const values = new Float64Array(length);
    let at = 0;
    for (const candles of sorted) {
      values.set(pick(candles), at);
      at += candles.length;
    }
    return values;
  };
  const gather = (name: 'timeMs' | 'open' | 'high' | 'low' | 'close' | 'volume') =>
    join((candles) => candles[name]);
  return createCandles(
    {
      timeMs: gather('timeMs'),
      open: gather('open'),
      high: gather('high'),
      low: gather('low'),
      close: gather('close'),
      volume: gather('volume'),
      ...withExtra(sorted[0].extra, (_, name) =>
        join(({ extra }) => {
          if (extra?.[name] !== undefined) return extra[name];
          throw new DataError('missing-columns', `${source}: column "${name}" is not in every piece.`);
        }),
      ),
    },
    source,
  );
}
