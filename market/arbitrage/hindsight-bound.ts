/** Bounds what any sequence of trades between two venues could have earned on a tape, knowing all of it. */
import { ConfigError } from '../../core/errors.ts';
import type { BookTape } from '../books/tape.ts';
import { ConcaveValue } from './concave-value.ts';
import { type DecisionOptions, JointLots } from './joint-lots.ts';

export interface HindsightOptions extends DecisionOptions {
  /** Base units at each venue at the beginning; Infinity where transfers bring any amount. */
  readonly base: readonly [number, number];
  /** Taker fees, fractions of notional. */
  readonly feeRates: readonly [number, number];
}

/**
 * An upper bound, in quote units, of the profit of any trader who buys at one of two venues and sells the same size at
 * the other, decides when the options say, pays the fees, and owns no more base than given.
 *
 * Every level shown is a lot: it can be used from its appearance until the venue shows another size or takes it away.
 * Two lots that overlap are traded when they first do: to wait can only pay for a trader who makes room by trading
 * the other way meanwhile, and that would be at a loss greater than the gain, as no venue's book is crossed. What
 * remains is a store of base that is moved to and fro between the venues, solved exactly by `ConcaveValue`.
 *
 * Where it is above what is possible: a lot that outlives several lots of the other venue counts anew with each of
 * them, and the quote balances are taken to suffice. With lots that each meet one book of the other venue, and with
 * enough quote, it is the maximum. It does not bound what is won or lost on exposure that is left open.
 *
 * @throws ConfigError `two-venues-needed`
 */
export function hindsightBound(tape: BookTape, options: HindsightOptions): number {
  if (tape.venues.length !== 2) {
    throw new ConfigError(
      'two-venues-needed',
      `The hindsight bound is that of two venues, but the tape has ${tape.venues.length}; choose two.`,
    );
  }
  const { base, feeRates } = options;
  const lots = new JointLots(tape, options);
  // x: base units bought at the first venue and sold at the second, net.
  const value = new ConcaveValue(-base[0], base[1]);
  while (lots.next()) {
    lots.forEachPair(0, (ask, bid, size) => {
      value.addRise(bid * (1 - feeRates[1]) - ask * (1 + feeRates[0]), size);
    });
    lots.forEachPair(1, (ask, bid, size) => {
      value.addFall(bid * (1 - feeRates[0]) - ask * (1 + feeRates[1]), size);
    });
    value.cut();
  }
  return value.maximum;
}
