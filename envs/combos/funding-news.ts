/** Turns what venues say of perpetuals, message by message, into funding series that grow. */
import type { ContractTape } from '../../market/books/contract-tape.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { ContractNews } from '../../market/execution/contract-news.ts';
import type { FundingSeries } from '../../market/instruments/funding-series.ts';

const CAPACITY = 16;
const createTimes = (capacity: number) => new Float64Array(capacity).fill(Infinity);

/** The fundings that a venue has told of; the rate of the one to come is what it said last. */
export class ToldFunding implements FundingSeries {
  length = 0;
  /** Behind the last one Infinity, so that a search by time ends there. */
  timeMs = createTimes(CAPACITY);
  rate = new Float64Array(CAPACITY);
  publishedMs = new Float64Array(CAPACITY);
  /** NaN: funding is reckoned at the middle of the book, as margin is. */
  mark = new Float64Array(CAPACITY).fill(Number.NaN);

  clear(): void {
    this.length = 0;
    this.timeMs.fill(Infinity);
  }

  tell({ fundingRate, fundingTimeMs }: ContractNews, timeMs: number): void {
    const last = this.length - 1;
    const isNew = fundingTimeMs > (last < 0 ? -Infinity : this.timeMs[last]);
    if (isNew && !Number.isNaN(fundingRate)) this.#append(fundingRate, fundingTimeMs, timeMs);
    else if (!isNew && last >= 0 && this.timeMs[last] >= timeMs && !Number.isNaN(fundingRate))
      this.rate[last] = fundingRate;
  }

  #append(rate: number, atMs: number, timeMs: number): void {
    const n = this.length++;
    if (n === this.timeMs.length) {
      const [times, rates, published] = [this.timeMs, this.rate, this.publishedMs];
      this.timeMs = createTimes(2 * n);
      this.timeMs.set(times);
      this.rate = new Float64Array(2 * n);
      this.rate.set(rates);
      this.publishedMs = new Float64Array(2 * n);
      this.publishedMs.set(published);
      this.mark = new Float64Array(2 * n).fill(Number.NaN);
    }
    this.timeMs[n] = atMs;
    this.rate[n] = rate;
    this.publishedMs[n] = timeMs;
  }
}

export class FundingNews {
  /** Of each market; undefined for spot. */
  readonly series: readonly (ToldFunding | undefined)[];
  #contracts: ContractTape;
  /** The first message that has not been taken. */
  #next = 0;

  constructor(contracts: ContractTape, isPerpetual: readonly boolean[]) {
    this.#contracts = contracts;
    this.series = isPerpetual.map((is) => (is ? new ToldFunding() : undefined));
  }

  /** Begins anew, with the messages before and with the book of a row. */
  begin(contracts: ContractTape, books: BookTape, row: number): void {
    this.#contracts = contracts;
    this.#next = 0;
    for (const series of this.series) series?.clear();
    while (this.nextBefore(books, row + 1) <= books.timeMs[row]) this.take();
  }

  /** When the next message comes that was there before the book of a row, UTC epoch; Infinity where there is none. */
  nextBefore({ timeMs, length }: BookTape, row: number): number {
    const { timeMs: times, rank, length: numMessages } = this.#contracts;
    const n = this.#next;
    if (n >= numMessages) return Infinity;
    if (row >= length || times[n] < timeMs[row]) return times[n];
    if (times[n] > timeMs[row]) return Infinity;
    let place = 0;
    while (row - place > 0 && timeMs[row - place - 1] === times[n]) place++;
    return rank[n] <= place ? times[n] : Infinity;
  }

  take(): void {
    const { timeMs, venue, mark, fundingRate, fundingTimeMs } = this.#contracts;
    const n = this.#next++;
    const news = { mark: mark[n], fundingRate: fundingRate[n], fundingTimeMs: fundingTimeMs[n] };
    this.series[venue[n]]?.tell(news, timeMs[n]);
  }

  /** Goes on with a tape without the first messages. */
  forget(numMessages: number, rest: ContractTape): void {
    this.#contracts = rest;
    this.#next -= numMessages;
  }

  /** Messages taken: their tape leads to the same series again. */
  get numTaken(): number {
    return this.#next;
  }

  /** Takes the first messages of a tape. */
  restore(contracts: ContractTape, numTaken: number): void {
    this.#contracts = contracts;
    this.#next = 0;
    for (const series of this.series) series?.clear();
    while (this.#next < numTaken) this.take();
  }
}
