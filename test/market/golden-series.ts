/** The generator behind the golden series of returns. */

/** x ← (1103515245·x + 12345) mod 2³¹, u = x / 2³¹. */
export function lcg(seed: number): () => number {
  let x = BigInt(seed);
  return () => {
    x = (1103515245n * x + 12345n) % 2n ** 31n;
    return Number(x) / 2 ** 31;
  };
}
