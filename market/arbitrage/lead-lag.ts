/** Tells which of two venues moves first: the correlation of their middles' returns at every shift in time. */
import { ConfigError } from '../../core/errors.ts';
import { log } from '../../core/math.ts';
import type { BookTape } from '../books/tape.ts';

export interface LeadLag {
  /** Width of the grid on which returns were taken. */
  readonly stepMs: number;
  /** [2·L + 1] at shifts of −L … L steps; NaN where one of the venues never moves. */
  readonly correlations: readonly number[];
  /** The shift of the largest correlation: above 0 when the first venue leads, by this much. */
  readonly bestLagMs: number;
  readonly bestCorrelation: number;
  /** Without a shift. */
  readonly correlation: number;
  /** The largest correlation is beyond four standard errors of one that is none: 4 / √points. */
  readonly significant: boolean;
}

const STANDARD_ERRORS = 4;

/** Points of the grid at most; a longer tape gets wider steps. */
const MAX_POINTS = 200_000;

/**
 * @param tape the books of both
 * @param a index of a venue of the tape
 * @param b index of another
 * @param options of the grid of returns
 * @param options.stepMs > 0
 * @param options.maxLagSteps L, 20 by default
 * @returns undefined when the venues have fewer than 10 steps more than L in common
 * @throws ConfigError `invalid-value`
 */
export function measureLeadLag(
  tape: BookTape,
  a: number,
  b: number,
  { stepMs, maxLagSteps = 20 }: { stepMs: number; maxLagSteps?: number },
): LeadLag | undefined {
  if (!(stepMs > 0 && Number.isInteger(maxLagSteps) && maxLagSteps >= 0)) {
    throw new ConfigError(
      'invalid-value',
      `Lead and lag need a step above 0 and a whole number of steps of at least 0, got ${stepMs} and ${maxLagSteps}.`,
    );
  }
  const from = Math.max(firstTime(tape, a), firstTime(tape, b));
  const span = tape.timeMs[tape.length - 1] - from;
  const step = Math.max(stepMs, span / MAX_POINTS);
  const points = Math.floor(span / step) + 1;
  if (!(points > maxLagSteps + 10)) return undefined;
  const returnsA = gridReturns(tape, a, from, step, points);
  const returnsB = gridReturns(tape, b, from, step, points);
  const correlations = Array.from({ length: 2 * maxLagSteps + 1 }, (_, i) =>
    correlationAt(returnsA, returnsB, i - maxLagSteps),
  );
  let best = maxLagSteps;
  for (let i = 0; i < correlations.length; i++) if (correlations[i] > correlations[best]) best = i;
  return {
    stepMs: step,
    correlations,
    bestLagMs: (best - maxLagSteps) * step,
    bestCorrelation: correlations[best],
    correlation: correlations[maxLagSteps],
    significant: correlations[best] > STANDARD_ERRORS / Math.sqrt(points),
  };
}

/** [points − 1] log returns of a venue's middle on a grid of times, each point the last book known by then. */
export function gridReturns(
  tape: BookTape,
  venue: number,
  fromMs: number,
  stepMs: number,
  points: number,
): Float64Array {
  const returns = new Float64Array(Math.max(0, points - 1));
  let row = 0;
  let middle = Number.NaN;
  let previous = Number.NaN;
  for (let i = 0; i < points; i++) {
    const time = fromMs + i * stepMs;
    for (; row < tape.length && tape.timeMs[row] <= time; row++) {
      if (tape.venue[row] !== venue) continue;
      middle = log(0.5 * (tape.bidPrices[row * tape.depth] + tape.askPrices[row * tape.depth]));
    }
    if (i > 0) returns[i - 1] = middle - previous;
    previous = middle;
  }
  return returns;
}

function firstTime(tape: BookTape, venue: number): number {
  const row = tape.venue.indexOf(venue);
  return row < 0 ? Number.NaN : tape.timeMs[row];
}

/** Pearson's correlation of a[t] with b[t + shift]. */
function correlationAt(a: Float64Array, b: Float64Array, shift: number): number {
  const from = Math.max(0, -shift);
  const to = Math.min(a.length, b.length - shift);
  const n = to - from;
  let sumA = 0;
  let sumB = 0;
  let squaresA = 0;
  let squaresB = 0;
  let products = 0;
  for (let t = from; t < to; t++) {
    const x = a[t];
    const y = b[t + shift];
    sumA += x;
    sumB += y;
    squaresA += x * x;
    squaresB += y * y;
    products += x * y;
  }
  const covariance = products - (sumA * sumB) / n;
  return covariance / Math.sqrt((squaresA - (sumA * sumA) / n) * (squaresB - (sumB * sumB) / n));
}
