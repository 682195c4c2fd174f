/**
 * Estimates where trials lie by a mixture of product kernels, one for each trial and a wide one for what nobody tried. Sources: Bergstra
 * et al., "Algorithms for Hyper-Parameter Optimization" (2011), for widths that reach to the farther neighbour; Falkner et al. (2018) for
 * kernels over all parameters at once.
 */
import { exp, log } from '../../../core/math.ts';
import type { Rng } from '../../../core/rng.ts';
import type { Json } from '../../../core/snapshot.ts';
import { normalCdf } from '../../../market/statistics/metrics.ts';
import { normalQuantile } from '../../../market/statistics/overfitting.ts';
import {
  type Choice,
  fromScale,
  isPresent,
  type NumberRange,
  type Point,
  type Space,
  scaleOf,
  toScale,
} from '../space.ts';

/** The latest trials count in full; those before them less, the oldest least. */
const FULL_WEIGHTS = 25;
/** No kernel is narrower than the range parted among so many. */
const LEAST_KERNELS = 100;
/** Keeps draws off the ends where the quantile is infinite. */
const TINY = 1e-12;

/** Of one parameter: kernel k is the trial k, the last one is the wide one. */
type Dimension =
  | {
      readonly parameter: NumberRange;
      readonly from: number;
      readonly to: number;
      /** [K] */
      readonly centers: Float64Array;
      /** [K] */
      readonly widths: Float64Array;
    }
  | {
      readonly parameter: Choice;
      /** [K][choices] */
      readonly shares: readonly Float64Array[];
    };

export class ParzenEstimator {
  readonly #space: Space;
  readonly #dimensions: readonly Dimension[];
  /** [K], sum 1 */
  readonly #weights: Float64Array;

  /** @param points in the order of proposal */
  constructor(space: Space, points: readonly Point[]) {
    this.#space = space;
    this.#dimensions = space.map((parameter) =>
      parameter.kind === 'choice'
        ? { parameter, shares: sharesOf(parameter, points) }
        : kernelsOf(parameter, points),
    );
    this.#weights = weightsOf(points.length);
  }

  draw(rng: Rng): Point {
    const kernel = drawIndex(this.#weights, rng);
    const point: Record<string, Json> = {};
    for (const dimension of this.#dimensions) {
      const { parameter } = dimension;
      // Every parameter takes its draw, so that one that is not there changes no other.
      const u = rng.uniform();
      if (isPresent(parameter, point)) point[parameter.name] = drawValue(dimension, kernel, u);
    }
    return point;
  }

  /** The logarithm of the density at a point, of the parameters that it has. */
  logDensity(point: Point): number {
    const logs = this.#weights.map((weight, k) => {
      let sum = log(weight);
      this.#space.forEach((parameter, d) => {
        const value = point[parameter.name];
        if (value !== undefined) sum += logKernel(this.#dimensions[d], k, value);
      });
      return sum;
    });
    const top = Math.max(...logs);
    if (top === -Infinity) return top;
    let sum = 0;
    for (const value of logs) sum += exp(value - top);
    return top + log(sum);
  }
}

/** A trial without the parameter has the wide kernel for it. */
function kernelsOf(parameter: NumberRange, points: readonly Point[]): Dimension {
  const { from, to } = scaleOf(parameter);
  const span = to - from;
  const centers = new Float64Array(points.length + 1).fill((from + to) / 2);
  const widths = new Float64Array(points.length + 1).fill(span);
  const present = points.flatMap((point, k) => (point[parameter.name] === undefined ? [] : [k]));
  for (const k of present) centers[k] = toScale(parameter, Number(points[k][parameter.name]));
  const order = [...present].sort((a, b) => centers[a] - centers[b]);
  const least = span / Math.min(LEAST_KERNELS, present.length + 2);
  order.forEach((k, rank) => {
    // The outermost trials reach as far as their inner neighbours, not to the ends of the range.
    const toLower = rank > 0 ? centers[k] - centers[order[rank - 1]] : undefined;
    const toUpper = rank + 1 < order.length ? centers[order[rank + 1]] - centers[k] : undefined;
    const reach =
      order.length === 1
        ? Math.max(centers[k] - from, to - centers[k])
        : Math.max(toLower ?? 0, toUpper ?? 0);
    widths[k] = Math.min(span, Math.max(reach, least));
  });
  return { parameter, from, to, centers, widths };
}

function sharesOf({ name, choices }: Choice, points: readonly Point[]): Float64Array[] {
  const numKernels = points.length + 1;
  const rows = [...points, {} as Point].map((point) => {
    const text = point[name] === undefined ? undefined : JSON.stringify(point[name]);
    const row = Float64Array.from(
      choices,
      (choice) => 1 / numKernels + (JSON.stringify(choice) === text ? 1 : 0),
    );
    const sum = row.reduce((total, value) => total + value, 0);
    return row.map((value) => value / sum);
  });
  return rows;
}

function weightsOf(count: number): Float64Array {
  const weights = new Float64Array(count + 1).fill(1);
  const numOld = Math.max(0, count - FULL_WEIGHTS);
  for (let k = 0; k < numOld; k++) {
    weights[k] = 1 / count + (numOld > 1 ? (k / (numOld - 1)) * (1 - 1 / count) : 0);
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function drawValue(dimension: Dimension, kernel: number, u: number): Json {
  if ('shares' in dimension) {
    return dimension.parameter.choices[indexAt(dimension.shares[kernel], u)];
  }
  const { parameter, from, to, centers, widths } = dimension;
  const [center, width] = [centers[kernel], widths[kernel]];
  const [low, high] = [normalCdf((from - center) / width), normalCdf((to - center) / width)];
  const share = Math.min(1 - TINY, Math.max(TINY, low + u * (high - low)));
  return fromScale(parameter, Math.min(to, Math.max(from, center + width * normalQuantile(share))));
}

function logKernel(dimension: Dimension, kernel: number, value: Json): number {
  if ('shares' in dimension) {
    const text = JSON.stringify(value);
    const index = dimension.parameter.choices.findIndex((choice) => JSON.stringify(choice) === text);
    return log(dimension.shares[kernel][index]);
  }
  const { parameter, from, to, centers, widths } = dimension;
  const [center, width] = [centers[kernel], widths[kernel]];
  const mass = (a: number, b: number): number =>
    normalCdf((b - center) / width) - normalCdf((a - center) / width);
  const whole = mass(from, to);
  if (parameter.isInteger) {
    const number = Number(value);
    const [a, b] = [toScale(parameter, number - 0.5), toScale(parameter, number + 0.5)];
    return log(Math.max(mass(a, b), Number.MIN_VALUE)) - log(whole);
  }
  const z = (toScale(parameter, Number(value)) - center) / width;
  return -0.5 * z * z - log(width) - 0.5 * log(2 * Math.PI) - log(whole);
}

function drawIndex(shares: Float64Array, rng: Rng): number {
  return indexAt(shares, rng.uniform());
}

/** @param u in [0, 1) */
function indexAt(shares: Float64Array, u: number): number {
  let sum = 0;
  for (let i = 0; i < shares.length; i++) {
    sum += shares[i];
    if (u < sum) return i;
  }
  return shares.length - 1;
}
