/** Finds how much of one series offsets another: by least squares, with a penalty, in a moving window, or step by step. */
import { ConfigError, DataError } from '../../../core/errors.ts';
import { restoreArrayInto, type Snapshot, type Snapshotable } from '../../../core/snapshot.ts';

export interface HedgeRatio {
  /** y ≈ intercept + ratio·x */
  readonly ratio: number;
  readonly intercept: number;
}

/**
 * Least squares of y on x and a constant; with a penalty, ridge regression whose constant is not penalised.
 * @param penalty added to Σ(x − mean)², ≥ 0
 * @throws DataError `length-mismatch`, `too-few-rows`, `constant-series` where x never moves
 */
export function hedgeRatio(y: ArrayLike<number>, x: ArrayLike<number>, penalty = 0): HedgeRatio {
  const n = y.length;
  if (x.length !== n)
    throw new DataError('length-mismatch', `A hedge ratio needs pairs, got ${n} and ${x.length} values.`);
  if (n < 3) throw new DataError('too-few-rows', `A hedge ratio needs at least 3 pairs, got ${n}.`);
  let meanX = 0;
  let meanY = 0;
  for (let t = 0; t < n; t++) {
    meanX += x[t];
    meanY += y[t];
  }
  meanX /= n;
  meanY /= n;
  let squares = 0;
  let products = 0;
  for (let t = 0; t < n; t++) {
    squares += (x[t] - meanX) * (x[t] - meanX);
    products += (x[t] - meanX) * (y[t] - meanY);
  }
  if (!(squares + penalty > 0)) {
    throw new DataError(
      'constant-series',
      'A hedge ratio needs a second series that moves; this one never does.',
    );
  }
  const ratio = products / (squares + penalty);
  return { ratio, intercept: meanY - ratio * meanX };
}

/**
 * Least squares of one window as a plain loop: the ratio, and how many deviations the last y stands from the line; NaN both
 * where x does not move.
 * @param start first index of the window
 * @param into [2] ratio, z-score
 */
export function windowHedge(
  y: ArrayLike<number>,
  x: ArrayLike<number>,
  start: number,
  window: number,
  into: Float64Array,
): void {
  const end = start + window - 1;
  // From the last pair on, so that what does not move deviates by exactly 0.
  const lastX = x[end];
  const lastY = y[end];
  let meanX = 0;
  let meanY = 0;
  for (let t = start; t <= end; t++) {
    meanX += x[t] - lastX;
    meanY += y[t] - lastY;
  }
  meanX /= window;
  meanY /= window;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let t = start; t <= end; t++) {
    const dx = x[t] - lastX - meanX;
    const dy = y[t] - lastY - meanY;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  if (!(xx > 0)) {
    into[0] = Number.NaN;
    into[1] = Number.NaN;
    return;
  }
  const beta = xy / xx;
  const variance = Math.max(0, yy - beta * xy) / window;
  into[0] = beta;
  into[1] = variance > 0 ? (beta * meanX - meanY) / Math.sqrt(variance) : 0;
}

/**
 * Per row the ratio of the last `window` rows, that row included, and how many deviations y stands from the line; NaN
 * before the first whole window, and where x does not move.
 * @returns [n] each
 */
export function rollingHedge(
  y: ArrayLike<number>,
  x: ArrayLike<number>,
  window: number,
): { ratio: Float64Array; zscore: Float64Array } {
  const n = y.length;
  if (x.length !== n)
    throw new DataError('length-mismatch', `A hedge ratio needs pairs, got ${n} and ${x.length} values.`);
  if (!(Number.isInteger(window) && window >= 3)) {
    throw new ConfigError('invalid-value', `A window of a hedge ratio has at least 3 rows, got ${window}.`);
  }
  const ratio = new Float64Array(n).fill(Number.NaN);
  const zscore = new Float64Array(n).fill(Number.NaN);
  const fit = new Float64Array(2);
  for (let end = window - 1; end < n; end++) {
    windowHedge(y, x, end - window + 1, window, fit);
    ratio[end] = fit[0];
    zscore[end] = fit[1];
  }
  return { ratio, zscore };
}

/**
 * A ratio and an intercept that wander, followed by a Kalman filter.
 * Source: E. Chan, "Algorithmic Trading" (2013), chapter 3, after R. Kalman (1960): state (ratio, intercept), a random walk
 * with covariance δ/(1 − δ)·I; measured as y = ratio·x + intercept with variance v.
 */
export class KalmanHedge implements Snapshotable {
  /** Ratio, intercept, and their covariance: aa, ab, bb. */
  readonly #state = new Float64Array(5);
  readonly #wander: number;
  readonly #noise: number;

  /** @param options `delta`: in (0, 1), how fast they wander; `noise` variance of y around the line, > 0 */
  constructor({ delta = 1e-4, noise = 1e-3 }: { delta?: number; noise?: number } = {}) {
    if (!(delta > 0 && delta < 1 && noise > 0)) {
      throw new ConfigError(
        'invalid-value',
        `A Kalman hedge needs delta in (0, 1) and noise > 0, got ${delta} and ${noise}.`,
      );
    }
    this.#wander = delta / (1 - delta);
    this.#noise = noise;
  }

  get ratio(): number {
    return this.#state[0];
  }

  get intercept(): number {
    return this.#state[1];
  }

  /** Takes in a pair. @returns how far y was from the line before it, in standard deviations */
  update(y: number, x: number): number {
    const s = this.#state;
    const aa = s[2] + this.#wander;
    const ab = s[3];
    const bb = s[4] + this.#wander;
    const error = y - s[0] * x - s[1];
    const variance = x * (x * aa + ab) + x * ab + bb + this.#noise;
    const gainRatio = (aa * x + ab) / variance;
    const gainIntercept = (ab * x + bb) / variance;
    s[0] += gainRatio * error;
    s[1] += gainIntercept * error;
    s[2] = aa - gainRatio * (x * aa + ab);
    s[3] = ab - gainRatio * (x * ab + bb);
    s[4] = bb - gainIntercept * (x * ab + bb);
    return error / Math.sqrt(variance);
  }

  save(): Snapshot {
    return { arrays: { state: this.#state.slice() }, values: {} };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#state, snapshot, 'state');
  }
}
