/**
 * Finds what rebalancing a portfolio costs, when the cost is paid out of the portfolio itself.
 *
 * Source: Jiang, Xu & Liang (2017), "A Deep Reinforcement Learning Framework for the Financial Portfolio Management
 * Problem", arXiv:1706.10059, eq. 14.
 */

/** The iteration contracts by about twice the cost rate a round: this is far more than it ever needs. */
const MAX_ROUNDS = 200;

/**
 * The share μ of the value that is left after rebalancing from `before` to `after`: the fixed point of
 * μ = (1 − c·w′_0 − (2c − c²)·Σ_i max(w′_i − μ·w_i, 0)) / (1 − c·w_0), w′ before, w after, cash at index 0.
 * @param before weights that add up to 1, as the prices have left them
 * @param after weights that add up to 1
 * @param costRate c, fraction of what is bought or sold, [0, 0.5)
 */
export function shareAfterRebalancing(before: Float64Array, after: Float64Array, costRate: number): number {
  if (costRate === 0) return 1;
  let share = 1 - costRate;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let sold = 0;
    for (let i = 1; i < before.length; i++) sold += Math.max(before[i] - share * after[i], 0);
    const next =
      (1 - costRate * before[0] - (2 * costRate - costRate * costRate) * sold) / (1 - costRate * after[0]);
    if (next === share) return share;
    share = next;
  }
  return share;
}
