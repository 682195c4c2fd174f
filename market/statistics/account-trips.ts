/** Folds the path of an account into its round trips, so that what they earned is what the equity gained. */
import type { Fill } from '../execution/fill.ts';
import type { Trade } from './trades.ts';

/** The account at the end of each of T steps; entry 0 is the state before the first. */
export interface AccountPath {
  readonly length: number;
  /** [T] UTC epoch */
  readonly timeMs: ArrayLike<number>;
  /** [T] quote units */
  readonly price: ArrayLike<number>;
  /** [T] quote units */
  readonly equity: ArrayLike<number>;
  /** [T] signed base units */
  readonly position: ArrayLike<number>;
  /** [T] quote units */
  readonly cash: ArrayLike<number>;
  /** [T] of each step, quote units; NaN where it is not known */
  readonly costPaid: ArrayLike<number>;
}

/** A fill, and the step of the path in which it happened, ≥ 1. */
export interface StepFill extends Readonly<Fill> {
  readonly step: number;
}

/** A round trip with the prices that it was traded at. `profit` holds all costs, interest and funding. Rows are steps. */
export interface RoundTrip extends Readonly<Trade> {
  /** Mean over what added to the position, quote units. */
  readonly entryPrice: number;
  /** Mean over what took from it; of one still open the last price. */
  readonly exitPrice: number;
  /** Fees and slippage, quote units; NaN where they are not known. */
  readonly costs: number;
  /** Profit over the largest size at its entry price, a fraction. */
  readonly returnRate: number;
}

export interface AccountTrips {
  /** By time; the last may be open. */
  readonly trips: readonly RoundTrip[];
  /** What the equity gained while nothing was held, quote units. Profits and this sum to the change of the equity. */
  readonly outside: number;
}

/** A change of position below this part of the larger one is rounding. */
const ROUNDING = 1e-9;

/**
 * Every change of the equity belongs to the position that was held: a fill ends one part and begins the next, and the costs
 * of a fill that flips are divided by the base units that closed and opened. A position still open at the end is valued by
 * the account's own last equity, interest and funding included.
 * @param given fills, in order; without them, or where they do not say the equity (NaN), each step's change of position is
 * one trade at the price that its cash says
 */
export function foldAccount(path: AccountPath, given?: readonly StepFill[]): AccountTrips {
  const fills = given?.every(({ equity }) => Number.isFinite(equity)) ? given : undefined;
  const fold = new TripFold(path);
  let next = 0;
  for (let t = 1; t < path.length; t++) {
    if (fills === undefined) fold.changeOf(t);
    else for (; next < fills.length && fills[next].step <= t; next++) fold.fill(fills[next], t);
    fold.endStep(t);
  }
  return fold.end();
}

/** What one trade did to the position. */
interface Change {
  readonly timeMs: number;
  readonly step: number;
  /** Signed base units held before and after. */
  readonly before: number;
  readonly after: number;
  readonly price: number;
  readonly costs: number;
}

class TripFold {
  readonly #path: AccountPath;
  readonly #trips: RoundTrip[] = [];
  #trip: OpenTrip | undefined;
  #outside = 0;
  /** Equity up to which everything belongs to a trip, or to none. */
  #told: number;

  constructor(path: AccountPath) {
    this.#path = path;
    const { timeMs, price, equity, position } = path;
    this.#told = equity[0];
    if (position[0] !== 0) this.#open(timeMs[0], 0, position[0], price[0], 0);
  }

  fill({ timeMs, position, baseChange, price, fee, slippage, equity }: StepFill, step: number): void {
    const costs = fee + slippage;
    const before = position - baseChange;
    // Of a fill that flips, what opening costs belongs to the next trip.
    const opening = before * position < 0 ? costs * Math.abs(position / baseChange) : 0;
    this.#change({ timeMs, step, before, after: position, price, costs }, equity + opening);
    this.#tell(equity);
  }

  /** The trade that a step's change of position stands for, if there is one. */
  changeOf(step: number): void {
    const { timeMs, price, equity, position, cash, costPaid } = this.#path;
    const before = position[step - 1];
    const after = position[step];
    const size = after - before;
    if (Math.abs(size) <= ROUNDING * Math.max(Math.abs(before), Math.abs(after))) return;
    const paid = (cash[step - 1] - cash[step]) / size;
    const at = paid > 0 && paid < Infinity ? paid : price[step];
    // Costs are in that price: each part of a flip pays its own.
    const closed = before * after < 0 ? this.#told + before * (at - price[step - 1]) : equity[step];
    this.#change({ timeMs: timeMs[step], step, before, after, price: at, costs: costPaid[step] }, closed);
  }

  endStep(step: number): void {
    this.#tell(this.#path.equity[step]);
  }

  end(): AccountTrips {
    const { timeMs, price, length } = this.#path;
    if (this.#trip !== undefined)
      this.#trips.push(this.#trip.end(timeMs[length - 1], length - 1, price[length - 1], true));
    return { trips: this.#trips, outside: this.#outside };
  }

  /** @param closed equity up to which a trip that the trade closes has its part */
  #change({ timeMs, step, before, after, price, costs }: Change, closed: number): void {
    const closes = before * after <= 0;
    const size = Math.abs(after - before);
    const share = closes && size > 0 ? Math.abs(before) / size : 1;
    const trip = this.#trip;
    if (trip !== undefined) {
      trip.trade(closes ? 0 : Math.abs(after), price, costs * share);
      if (closes) {
        this.#tell(closed);
        this.#trips.push(trip.end(timeMs, step, price, false));
        this.#trip = undefined;
      }
    }
    if (this.#trip === undefined && after !== 0) {
      this.#open(timeMs, step, after, price, trip === undefined ? costs : costs * (1 - share));
    }
  }

  #open(timeMs: number, step: number, position: number, price: number, costs: number): void {
    this.#trip = new OpenTrip(position > 0 ? 1 : -1, timeMs, step);
    this.#trip.trade(Math.abs(position), price, costs);
  }

  /** Gives what the equity has gained since it was told last to the trip that is open. */
  #tell(equity: number): void {
    const gained = equity - this.#told;
    this.#told = equity;
    if (this.#trip === undefined) this.#outside += gained;
    else this.#trip.profit += gained;
  }
}

class OpenTrip {
  profit = 0;
  readonly #direction: 1 | -1;
  readonly #entryTimeMs: number;
  readonly #entryRow: number;
  /** Base units: held now, held at the most, and all that was added and taken, with their notional. */
  #held = 0;
  #size = 0;
  #added = 0;
  #addedNotional = 0;
  #taken = 0;
  #takenNotional = 0;
  #costs = 0;

  constructor(direction: 1 | -1, timeMs: number, step: number) {
    this.#direction = direction;
    this.#entryTimeMs = timeMs;
    this.#entryRow = step;
  }

  trade(held: number, price: number, costs: number): void {
    const change = held - this.#held;
    if (change > 0) {
      this.#added += change;
      this.#addedNotional += change * price;
    } else {
      this.#taken -= change;
      this.#takenNotional -= change * price;
    }
    this.#held = held;
    this.#size = Math.max(this.#size, held);
    this.#costs += costs;
  }

  end(timeMs: number, step: number, price: number, open: boolean): RoundTrip {
    const entryPrice = this.#addedNotional / this.#added;
    return {
      direction: this.#direction,
      entryTimeMs: this.#entryTimeMs,
      exitTimeMs: timeMs,
      entryRow: this.#entryRow,
      exitRow: step,
      size: this.#size,
      entryPrice,
      exitPrice: open || this.#taken === 0 ? price : this.#takenNotional / this.#taken,
      profit: this.profit,
      costs: this.#costs,
      returnRate: this.profit / (this.#size * entryPrice),
      open,
    };
  }
}
