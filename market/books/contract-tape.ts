/** What venues said of perpetuals between their books: marks, and fundings with their times. */
import type { ContractNews } from '../execution/contract-news.ts';
import type { FundingSeries } from '../instruments/funding-series.ts';

/** N messages in order of local receive time. */
export interface ContractTape {
  readonly length: number; // N
  /** [N], UTC epoch, when it was received here; never falls. */
  readonly timeMs: Float64Array;
  /** [N], index into the venues of the books. */
  readonly venue: Uint8Array;
  /** [N], books of its own instant, of any venue, that came before it. */
  readonly rank: Int32Array;
  /** [N], quote units; NaN where it does not say, as below. */
  readonly mark: Float64Array;
  /** [N], fraction of notional, to be exchanged at `fundingTimeMs`, as known by then. */
  readonly fundingRate: Float64Array;
  /** [N], UTC epoch */
  readonly fundingTimeMs: Float64Array;
}

/** Columns that grow. */
export class ContractTapeBuilder {
  readonly #columns: Record<'timeMs' | 'venue' | 'rank' | keyof ContractNews, number[]> = {
    timeMs: [],
    venue: [],
    rank: [],
    mark: [],
    fundingRate: [],
    fundingTimeMs: [],
  };

  get length(): number {
    return this.#columns.timeMs.length;
  }

  append(venue: number, timeMs: number, rank: number, news: ContractNews): void {
    const columns = this.#columns;
    columns.timeMs.push(timeMs);
    columns.venue.push(venue);
    columns.rank.push(rank);
    columns.mark.push(news.mark);
    columns.fundingRate.push(news.fundingRate);
    columns.fundingTimeMs.push(news.fundingTimeMs);
  }

  build(): ContractTape {
    const { timeMs, venue, rank, mark, fundingRate, fundingTimeMs } = this.#columns;
    return {
      length: timeMs.length,
      timeMs: Float64Array.from(timeMs),
      venue: Uint8Array.from(venue),
      rank: Int32Array.from(rank),
      mark: Float64Array.from(mark),
      fundingRate: Float64Array.from(fundingRate),
      fundingTimeMs: Float64Array.from(fundingTimeMs),
    };
  }
}

/** Each rate of a series as one message at the time at which it became known, without marks: the middle of the book serves. */
export function contractsFromFunding(funding: FundingSeries, venue: number): ContractTape {
  const builder = new ContractTapeBuilder();
  let knownMs = -Infinity;
  for (let n = 0; n < funding.length; n++) {
    // One funding at a time is known: the next one when the last has been exchanged.
    knownMs = Math.max(funding.publishedMs[n], n > 0 ? funding.timeMs[n - 1] : knownMs);
    builder.append(venue, knownMs, 0, {
      mark: funding.mark[n],
      fundingRate: funding.rate[n],
      fundingTimeMs: funding.timeMs[n],
    });
  }
  return builder.build();
}
