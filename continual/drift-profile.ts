/**
 * Describes the stretch in which a policy was judged good, for a policy in use to be compared with: where its
 * observations and actions lay, and how far windows of that very stretch lie from the rest of it.
 *
 * Decisions depend on their neighbours, so a window of them is a smaller sample than its number says: on a market that
 * does not change, its deciles are off by much. How much is not assumed but measured, on the reference.
 */
import { DataError } from '../core/errors.ts';
import { log } from '../core/math.ts';
import { mean, quantileOfSorted, standardDeviation } from '../core/statistics.ts';
import { isAccountColumn as isArbitrageAccount } from '../envs/arbitrage/observation.ts';
import { isAccountColumn as isTradingAccount } from '../envs/trading/observation.ts';
import type { DriftConfig } from './drift-config.ts';

// D: observation elements. A: action elements. Q: bins of a column. W: decisions in a window. K: windows.

/** What a policy saw and did where it was judged good; N = K·W decisions, in windows of W that followed each other. */
export interface DriftReference {
  /** Whether the windows followed each other as well. */
  readonly isWhole: boolean;
  /** [N, D] */
  readonly observations: Float32Array;
  /** [N, A] */
  readonly actions: Float32Array | Int32Array;
  readonly observationDim: number;
  readonly actionDim: number;
  /** [D], names of the observation's elements; those that the account makes are left out. */
  readonly names?: readonly string[];
  /** What fills cost against the mid at their decision, basis points. */
  readonly fillCostsBps: ArrayLike<number>;
}

/** One element of observations or actions. */
export interface DriftColumn {
  /** Place in the observation, or in the action. */
  readonly element: number;
  readonly isAction: boolean;
  /** `return:1@0`, or its number. */
  readonly name: string;
  /** [Q − 1], a value belongs to the first bin whose edge is not below it */
  readonly edges: Float64Array;
  /** [Q], shares */
  readonly expected: Float64Array;
  /** Largest index or divergence that is no alarm. */
  readonly limit: number;
  /** The reference's values. */
  readonly lowest: number;
  readonly highest: number;
  /** Largest share of a window beyond them that is no alarm. */
  readonly maxOutside: number;
}

/** Plain data: a thread can hand it to another. */
export interface DriftProfile {
  readonly columns: readonly DriftColumn[];
  /** Basis points; 0 and 0 where the reference has no fills. */
  readonly meanFillCostBps: number;
  readonly fillDeviationBps: number;
}

/** Deciles where a column has that many different values. */
const NUM_BINS = 10;
/**
 * A bin counts as this share at least. Ten hours of minutes may hold 25 independent values of a slow feature: that one of
 * ten bins stays empty then is no wonder, and must not weigh as if 500 decisions had spoken.
 */
const SHARE_FLOOR = 0.01;
/** The next 30 days go further than the furthest window of the reference: there are more of them, and more columns. */
const REACH = 2;
/** Windows of a whole reference overlap, as those of the monitor do. */
const STEPS_PER_WINDOW = 10;

/**
 * @returns undefined for a reference of fewer windows than `config.referenceWindows`: it cannot tell chance from change
 * @throws DataError `non-finite-value`
 */
export function createDriftProfile(reference: DriftReference, config: DriftConfig): DriftProfile | undefined {
  const { observations, actions, observationDim, actionDim, names, fillCostsBps, isWhole } = reference;
  const { windowDecisions, referenceWindows, maxPsi, maxActionKl } = config;
  const numWindows = Math.floor(actions.length / actionDim / windowDecisions);
  if (numWindows < referenceWindows) return undefined;
  const values = new Float64Array(numWindows * windowDecisions);
  const pick = (from: ArrayLike<number>, dim: number, element: number): void => {
    for (let n = 0; n < values.length; n++) {
      const value = from[n * dim + element];
      if (!Number.isFinite(value)) {
        throw new DataError('non-finite-value', `Element ${element} of reference decision ${n} is ${value}.`);
      }
      values[n] = value;
    }
  };
  const step = isWhole ? Math.max(1, Math.floor(windowDecisions / STEPS_PER_WINDOW)) : windowDecisions;
  const describe = (from: Float64Array, limit: number, distance: Divergence) =>
    describeColumn(from, { windowDecisions, step, distance, limit, maxOutside: config.maxOutside });
  const columns: DriftColumn[] = [];
  for (let element = 0; element < observationDim; element++) {
    const name = names?.[element] ?? String(element);
    // The account's part follows from actions and money, which have signs of their own, and a drawdown has no fixed range.
    if (isTradingAccount(name) || isArbitrageAccount(name)) continue;
    pick(observations, observationDim, element);
    const column = { element, isAction: false, name };
    columns.push({ ...column, ...describe(values, maxPsi, stabilityIndex) });
  }
  for (let element = 0; element < actionDim; element++) {
    pick(actions, actionDim, element);
    const column = { element, isAction: true, name: String(element) };
    columns.push({ ...column, ...describe(values, maxActionKl, divergence) });
  }
  return {
    columns,
    meanFillCostBps: fillCostsBps.length === 0 ? 0 : mean(fillCostsBps),
    fillDeviationBps: fillCostsBps.length < 2 ? 0 : standardDeviation(fillCostsBps),
  };
}

export function binOf(edges: Float64Array, value: number): number {
  let bin = 0;
  while (bin < edges.length && value > edges[bin]) bin++;
  return bin;
}

type Divergence = (counts: Int32Array, total: number, expected: Float64Array) => number;

/** PSI = Σ (p − q)·ln(p / q), p the window's shares, q the reference's. */
export const stabilityIndex: Divergence = (counts, total, expected) => {
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const p = Math.max(SHARE_FLOOR, counts[bin] / total);
    const q = Math.max(SHARE_FLOOR, expected[bin]);
    sum += (p - q) * log(p / q);
  }
  return sum;
};

/** KL(p ‖ q) = Σ p·ln(p / q). */
export const divergence: Divergence = (counts, total, expected) => {
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const p = Math.max(SHARE_FLOOR, counts[bin] / total);
    sum += p * log(p / Math.max(SHARE_FLOOR, expected[bin]));
  }
  return sum;
};

interface ColumnOptions {
  readonly windowDecisions: number;
  /** Decisions from one window of the reference to the next. */
  readonly step: number;
  readonly distance: Divergence;
  /** The configured ones. */
  readonly limit: number;
  readonly maxOutside: number;
}

/**
 * Bins by deciles, and the limits: the configured ones, or, where a window of the reference lies further than that from
 * the rest of the reference, that and something beyond.
 */
function describeColumn(
  values: Float64Array,
  { windowDecisions, step, distance, limit, maxOutside }: ColumnOptions,
): Omit<DriftColumn, 'element' | 'isAction' | 'name'> {
  const numRows = values.length;
  const sorted = values.slice().sort();
  const highest = sorted[numRows - 1];
  const quantiles = Array.from({ length: NUM_BINS - 1 }, (_, q) =>
    quantileOfSorted(sorted, (q + 1) / NUM_BINS),
  );
  // The highest value needs no edge: what is above the last edge has the last bin.
  const edges = Float64Array.from(new Set(quantiles.filter((edge) => edge < highest)));
  const bins = Uint8Array.from(values, (value) => binOf(edges, value));
  const totals = new Int32Array(edges.length + 1);
  for (const bin of bins) totals[bin]++;
  const own = new Int32Array(totals.length);
  const rest = new Float64Array(totals.length);
  let furthest = 0;
  let mostOutside = 0;
  for (let start = 0; start + windowDecisions <= numRows; start += step) {
    const end = start + windowDecisions;
    own.fill(0);
    for (let n = start; n < end; n++) own[bins[n]]++;
    for (let bin = 0; bin < rest.length; bin++) {
      rest[bin] = (totals[bin] - own[bin]) / (numRows - windowDecisions);
    }
    furthest = Math.max(furthest, distance(own, windowDecisions, rest));
    mostOutside = Math.max(mostOutside, outside(values, start, end, sorted));
  }
  return {
    edges,
    expected: Float64Array.from(totals, (total) => total / numRows),
    limit: Math.max(limit, REACH * furthest),
    lowest: sorted[0],
    highest,
    maxOutside: Math.max(maxOutside, (REACH * mostOutside) / windowDecisions),
  };
}

/** How many values of a window are beyond all others. @param sorted all values, rising */
function outside(values: Float64Array, start: number, end: number, sorted: Float64Array): number {
  const window = values.slice(start, end).sort();
  const length = window.length;
  const last = sorted.length - 1;
  // As far as the window has the extremes, the first value that it has not is the extreme of the others.
  let low = 0;
  while (low < length && window[low] === sorted[low]) low++;
  const lowest = sorted[low];
  while (low > 0 && window[low - 1] === lowest) low--;
  let high = 0;
  while (high < length && window[length - 1 - high] === sorted[last - high]) high++;
  const highest = sorted[last - high];
  while (high > 0 && window[length - high] === highest) high--;
  return Math.min(low + high, length);
}
