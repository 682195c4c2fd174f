/** Finds the best value of reaching each amount of something that is stored, as moves of it come by one after another. */

/**
 * A concave, piecewise linear function of x on an interval, kept as its slopes. It begins as 0 at x = 0. Every round of
 * moves takes its supremal convolution with what the moves earn, and cuts it to the interval that is allowed:
 * F(x) ← max_q F(x − q) + g(q). Of concave functions that is a merge of their slopes, so the result is exact.
 */
export class ConcaveValue {
  readonly #low: number;
  readonly #high: number;
  /** Pieces from left to right: falling slopes and their lengths. */
  readonly #slopes: number[] = [];
  readonly #lengths: number[] = [];
  #left = 0;
  #right = 0;
  /** F at the left end. */
  #leftValue = 0;

  /** The interval of x, which holds 0. */
  constructor(low: number, high: number) {
    this.#low = low;
    this.#high = high;
  }

  /** A move that raises x by up to `size`, earning `value` per unit, which may be negative. */
  addRise(value: number, size: number): void {
    this.#insert(value, size);
    this.#right += size;
  }

  /** A move that lowers x by up to `size`, earning `value` per unit. */
  addFall(value: number, size: number): void {
    this.#insert(-value, size);
    this.#left -= size;
    this.#leftValue += value * size;
  }

  /** Ends a round: cuts the function to its interval. */
  cut(): void {
    const slopes = this.#slopes;
    const lengths = this.#lengths;
    let numCut = 0;
    let excess = this.#low - this.#left;
    while (excess > 0 && numCut < slopes.length) {
      const length = Math.min(excess, lengths[numCut]);
      this.#leftValue += slopes[numCut] * length;
      this.#left += length;
      excess -= length;
      if (length < lengths[numCut]) lengths[numCut] -= length;
      else numCut++;
    }
    slopes.splice(0, numCut);
    lengths.splice(0, numCut);
    excess = this.#right - this.#high;
    while (excess > 0 && slopes.length > 0) {
      const last = slopes.length - 1;
      const length = Math.min(excess, lengths[last]);
      this.#right -= length;
      excess -= length;
      if (length < lengths[last]) lengths[last] -= length;
      else {
        slopes.pop();
        lengths.pop();
      }
    }
  }

  /** The highest value of the function. */
  get maximum(): number {
    let value = this.#leftValue;
    for (let i = 0; i < this.#slopes.length && this.#slopes[i] > 0; i++) {
      value += this.#slopes[i] * this.#lengths[i];
    }
    return value;
  }

  /** Keeps the slopes falling. */
  #insert(slope: number, length: number): void {
    const slopes = this.#slopes;
    let low = 0;
    let high = slopes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (slopes[middle] >= slope) low = middle + 1;
      else high = middle;
    }
    slopes.splice(low, 0, slope);
    this.#lengths.splice(low, 0, length);
  }
}
