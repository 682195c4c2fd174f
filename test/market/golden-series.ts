/** The generator behind the golden series of returns. */

/** x ← (1103515245·x + 12345) mod 2³¹, u = x / 2³¹. */
export function lcg(seed: number): () => number {
  let x = BigInt(seed);
  return () => {
    x = (1103515245n * x + 12345n) % 2n ** 31n;
    return Number(x) / 2 ** 31;
  };
}

/** 252 golden returns, and a benchmark that moves with them. */
export function goldenReturns(): { returns: number[]; benchmark: number[] } {
  const u = lcg(12345);
  const v = lcg(777);
  const returns = Array.from({ length: 252 }, () => (u() + u() - 1) * 0.03 + 0.0006);
  return { returns, benchmark: returns.map((r) => 0.6 * r + (v() + v() - 1) * 0.02 + 0.0002) };
}
