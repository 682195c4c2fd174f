/** Keeps what a venue has said of a perpetual: its mark, the funding to come, and the last one exchanged. */
import { restoreArrayInto, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';

/** One message about a perpetual; each number NaN where it does not say. */
export interface ContractNews {
  /** Quote units. */
  readonly mark: number;
  /** To be exchanged at `fundingTimeMs`, as known by now: fraction of notional, longs pay where it is positive. */
  readonly fundingRate: number;
  /** UTC epoch. */
  readonly fundingTimeMs: number;
}

const MARK = 0;
const MARK_MS = 1;
const RATE = 2;
const FUNDING_MS = 3;
const LAST_RATE = 4;
const LAST_MS = 5;

const UNKNOWN = [Number.NaN, -Infinity, Number.NaN, Number.NaN, 0, -Infinity];

export class ContractState implements Snapshotable {
  /** See the constants above. */
  readonly #values = Float64Array.from(UNKNOWN);

  /** NaN before the first. */
  get mark(): number {
    return this.#values[MARK];
  }
  /** Of the funding to come; NaN while unknown. */
  get fundingRate(): number {
    return this.#values[RATE];
  }
  /** When it is exchanged, UTC epoch; NaN while unknown. */
  get fundingMs(): number {
    return this.#values[FUNDING_MS];
  }
  /** Of the last funding exchanged; 0 before there was one. */
  get lastRate(): number {
    return this.#values[LAST_RATE];
  }

  /**
   * Whether enough is known to decide: a mark that is not old, and the funding to come; its successor may take as long.
   * @param staleMs age at which what was told is old
   */
  isKnown(nowMs: number, staleMs: number): boolean {
    const values = this.#values;
    const isFundingKnown = !Number.isNaN(values[RATE]) || nowMs - values[LAST_MS] <= staleMs;
    return nowMs - values[MARK_MS] <= staleMs && isFundingKnown;
  }

  take({ mark, fundingRate, fundingTimeMs }: ContractNews, timeMs: number): void {
    const values = this.#values;
    if (mark > 0) {
      values[MARK] = mark;
      values[MARK_MS] = timeMs;
    }
    // What is over is not exchanged twice, however often a venue repeats it.
    if (fundingTimeMs > values[LAST_MS]) values[FUNDING_MS] = fundingTimeMs;
    if (!Number.isNaN(fundingRate)) values[RATE] = fundingRate;
  }

  /** The funding to come has been exchanged. */
  settle(): void {
    const values = this.#values;
    values[LAST_RATE] = values[RATE];
    values[LAST_MS] = values[FUNDING_MS];
    values[FUNDING_MS] = Number.NaN;
    values[RATE] = Number.NaN;
  }

  /** Forgets everything. */
  clear(): void {
    this.#values.set(UNKNOWN);
  }

  save(): Snapshot {
    return { arrays: { values: this.#values.slice() }, values: {} };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#values, snapshot, 'values');
  }
}
