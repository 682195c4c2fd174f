/**
 * Auto-deleveraging: when a contract's price runs away, an exchange whose fund cannot bear what losers owe closes winners'
 * positions at the mark, without a fee and without asking. Whoever hedged with such a position is left with the other leg.
 *
 * Source: the rules of Binance, Bybit and OKX (public documentation): winners are ranked by profit and leverage, and closed at
 * the bankruptcy price of the loser.
 * Differences from the source: neither the fund nor the others' ranks are known, so a move of the mark within a stretch of
 * time stands for both, and the price is the mark, which is better for the winner than a bankruptcy price.
 */
import { restoreArrayInto, type Snapshot, type Snapshotable } from '../../../core/snapshot.ts';
import type { LegDesk } from './desk.ts';

export interface DeleveragingTerms {
  /** Move of the mark since the stretch began that sets it off, fraction, > 0. */
  readonly moveRate: number;
  /** Length of a stretch, ms. */
  readonly windowMs: number;
  /** Part of a position that gained from the move which is closed, in (0, 1]. */
  readonly share: number;
}

export class Deleveraging implements Snapshotable {
  readonly #desk: LegDesk;
  readonly #terms: DeleveragingTerms;
  /** [M, 2] mark and time at the beginning of the stretch */
  readonly #anchors: Float64Array;

  constructor(desk: LegDesk, terms: DeleveragingTerms) {
    this.#desk = desk;
    this.#terms = terms;
    this.#anchors = new Float64Array(2 * desk.plan.markets.length);
  }

  reset(): void {
    this.#anchors.fill(0);
  }

  /** A market shows a new book. */
  onBook(market: number, nowMs: number): void {
    const desk = this.#desk;
    if (desk.plan.basePocket[market] >= 0) return;
    const { moveRate, windowMs, share } = this.#terms;
    const anchors = this.#anchors;
    const at = 2 * market;
    const mark = desk.mids[market];
    if (anchors[at] === 0 || nowMs - anchors[at + 1] > windowMs) {
      anchors[at] = mark;
      anchors[at + 1] = nowMs;
      return;
    }
    const move = mark / anchors[at] - 1;
    if (Math.abs(move) < moveRate) return;
    anchors[at] = mark;
    anchors[at + 1] = nowMs;
    const position = desk.pockets.positions[market];
    if (position * move > 0) desk.closeAtMark(market, Math.abs(position) * share, nowMs);
  }

  save(): Snapshot {
    return { arrays: { anchors: this.#anchors.slice() }, values: {} };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#anchors, snapshot, 'anchors');
  }
}
