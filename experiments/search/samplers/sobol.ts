/**
 * Points of the Sobol sequence. Source of the numbers: Joe and Kuo, "Constructing Sobol sequences with better two-dimensional
 * projections" (2008), their set D(6).
 */

/** Degree, coefficients and initial numbers, from the second dimension on. */
const DIRECTIONS: readonly (readonly [degree: number, coefficients: number, initial: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
];

export const MAX_SOBOL_DIMENSIONS = DIRECTIONS.length + 1;

const BITS = 32;
const SCALE = 4_294_967_296;

/**
 * @param index from 0, below 2³²
 * @returns [dimensions] each in [0, 1)
 */
export function sobolPoint(index: number, dimensions: number): number[] {
  const gray = (index ^ (index >>> 1)) >>> 0;
  return Array.from({ length: dimensions }, (_, d) => {
    const directions = directionsOf(d);
    let sum = 0;
    for (let bit = 0; bit < BITS; bit++) if ((gray >>> bit) & 1) sum ^= directions[bit];
    return (sum >>> 0) / SCALE;
  });
}

const cache: Uint32Array[] = [];

/** [32] the direction numbers of a dimension. */
function directionsOf(dimension: number): Uint32Array {
  cache[dimension] ??= makeDirections(dimension);
  return cache[dimension];
}

function makeDirections(dimension: number): Uint32Array {
  const directions = new Uint32Array(BITS);
  if (dimension === 0) return directions.map((_, bit) => 1 << (BITS - 1 - bit));
  const [degree, coefficients, initial] = DIRECTIONS[dimension - 1];
  for (let bit = 0; bit < BITS; bit++) {
    if (bit < degree) {
      directions[bit] = initial[bit] << (BITS - 1 - bit);
      continue;
    }
    let value = directions[bit - degree] ^ (directions[bit - degree] >>> degree);
    for (let k = 1; k < degree; k++) {
      if ((coefficients >>> (degree - 1 - k)) & 1) value ^= directions[bit - k];
    }
    directions[bit] = value;
  }
  return directions;
}
