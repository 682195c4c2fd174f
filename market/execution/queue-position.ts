/** Estimates where a resting order stands in the queue of its price level, and how trades reach it. */

/**
 * One limit order that waits at one price. What stood there before it is served first; what others withdraw is taken
 * to have stood behind it, so the place improves by trades alone.
 */
export class QueuePosition {
  /** Base units still to be served before us. */
  ahead: number;
  /** Base units of ours still open. */
  open: number;

  /**
   * @param ahead displayed at the price when the order arrived, base units
   * @param size base units, > 0
   */
  constructor(ahead: number, size: number) {
    this.ahead = ahead;
    this.open = size;
  }

  /**
   * A trade at our price, of the side that serves our queue.
   * @param size base units
   * @returns base units of ours that it filled
   */
  onTrade(size: number): number {
    const served = Math.min(size, this.ahead);
    this.ahead -= served;
    return this.#fill(size - served);
  }

  /** Puts another order in its place. @param ahead displayed at the price when it arrived, base units */
  restart(ahead: number, size: number): void {
    this.ahead = ahead;
    this.open = size;
  }

  /** The venue shows so much at our price without us: no more can stand before us. @param size base units, ≥ 0 */
  onDisplayed(size: number): void {
    this.ahead = Math.min(this.ahead, size);
  }

  /** The level is gone: nobody is before us any more. */
  onLevelDeleted(): void {
    this.ahead = 0;
  }

  /**
   * The market crossed our price: whoever stood before us has been served.
   * @param size base units offered at our price or better
   * @returns base units of ours that it filled
   */
  onCrossed(size: number): number {
    this.ahead = 0;
    return this.#fill(size);
  }

  #fill(size: number): number {
    const filled = Math.min(size, this.open);
    this.open -= filled;
    return filled;
  }
}
