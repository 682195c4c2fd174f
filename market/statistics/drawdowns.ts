/** Lists the drawdowns of an account: from each peak down and back up to it. */

export interface Drawdown {
  /** Rows of the peak, of the lowest value, and of the first value back at the peak or above; undefined where it is not over. */
  readonly peak: number;
  readonly trough: number;
  readonly recovery: number | undefined;
  /** Lowest value over the peak, minus 1; < 0. */
  readonly depth: number;
}

/** All of them, in time. A peak that lasts begins where it was reached last. @param equity [T] above 0 at the start */
export function drawdowns(equity: ArrayLike<number>): Drawdown[] {
  const found: Drawdown[] = [];
  let peak = 0;
  let trough = 0;
  for (let t = 1; t <= equity.length; t++) {
    const isBack = t < equity.length && equity[t] >= equity[peak];
    if (!isBack && t < equity.length) {
      if (equity[t] < equity[trough]) trough = t;
      continue;
    }
    if (trough > peak) {
      const depth = equity[trough] / equity[peak] - 1;
      found.push({ peak, trough, recovery: isBack ? t : undefined, depth });
    }
    peak = t;
    trough = t;
  }
  return found;
}

/** The deepest, the deepest first; of equals the earlier. */
export function worstDrawdowns(equity: ArrayLike<number>, count: number): Drawdown[] {
  return drawdowns(equity)
    .sort((a, b) => a.depth - b.depth || a.peak - b.peak)
    .slice(0, count);
}
