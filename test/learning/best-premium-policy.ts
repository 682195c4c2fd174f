/**
 * Earns what the best policy earns that knows the process of a premium and its present value, and nothing of what comes.
 *
 * The premium x is an Ornstein–Uhlenbeck process seen once a decision; a unit traded forwards earns x less its cost, one
 * traded back the opposite. Value iteration from the last decision to the first, on a grid of x and the positions allowed:
 * V_t(x, p) = max_q (q − p)·x − |q − p|·c + E V_{t+1}(x′, q).
 */
export function bestPremiumPolicy({
  deviation,
  memory,
  cost,
  positions,
  decisions,
}: {
  /** Of the premium; profit has its unit times that of the positions. */
  readonly deviation: number;
  /** What is left of a premium after a decision, in (0, 1). */
  readonly memory: number;
  /** Of a unit traded one way. */
  readonly cost: number;
  readonly positions: readonly number[];
  readonly decisions: number;
}): number {
  const GRID = 161;
  const xs = Array.from({ length: GRID }, (_, i) => ((i / (GRID - 1)) * 8 - 4) * deviation);
  const step = deviation * Math.sqrt(1 - memory * memory);
  // [GRID, GRID], rows of chances; the grid is finer than the step.
  const chances = xs.map((x) => {
    const weights = xs.map((y) => Math.exp(-0.5 * ((y - memory * x) / step) ** 2));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return Float64Array.from(weights, (weight) => weight / total);
  });
  let value = positions.map(() => new Float64Array(GRID));
  for (let n = 0; n < decisions; n++) {
    const later = value.map((own) =>
      Float64Array.from(chances, (row) => {
        let sum = 0;
        for (let j = 0; j < GRID; j++) sum += row[j] * own[j];
        return sum;
      }),
    );
    value = positions.map((p) =>
      Float64Array.from(xs, (x, i) =>
        Math.max(...positions.map((q, k) => (q - p) * x - Math.abs(q - p) * cost + later[k][i])),
      ),
    );
  }
  const start = value[positions.indexOf(0)];
  const weights = xs.map((x) => Math.exp(-0.5 * (x / deviation) ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return start.reduce((sum, own, i) => sum + own * weights[i], 0) / total;
}
