/**
 * What a policy in use is compared with: where its observations and actions lay while it was judged good, and how far
 * windows of that very stretch lie from the rest of it.
 *
 * Decisions depend on their neighbours, so a window of them is a smaller sample than its number says: on a market that
 * does not change, its deciles are off by much. How much is not assumed but measured, on the reference.
 */
import { DataError } from '../core/errors.ts';
import { log } from '../core/math.ts';
import { mean, quantileOfSorted, standardDeviation } from '../core/statistics.ts';
import { isAccountColumn as isArbitrageAccount } from '../envs/arbitrage-observation.ts';
import { isAccountColumn as isTradingAccount } from '../envs/trading-observation.ts';
import type { DriftConfig } from './drift-config.ts';

// D: observation elements. A: action elements. Q: bins of a column. W: decisions in a window. K: windows.

/** What a policy saw and did where it was judged good; N = K·W decisions, in windows of W that followed each other. */
export interface DriftReference {
  readonly observations: Float32Array; // [N, D]
  readonly actions: Float32Array | Int32Array; // [N, A]
  readonly observationDim: number;
  readonly actionDim: number;
  /** Names of the observation's elements; those that the account makes are left out. */
  readonly names?: readonly string[]; // [D]
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
  readonly edges: Float64Array; // [Q − 1], a value belongs to the first bin whose edge is not below it
  readonly expected: Float64Array; // [Q], shares
  /** Largest index or divergence that is no alarm. */
  readonly limit: number;
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
/** A bin that never occurred counts as this share, so that a divergence stays finite. */
const SHARE_FLOOR = 1e-4;
/** The next 30 days have more windows than the reference, and overlapping ones: they reach further than its furthest. */
const REACH = 1.25;

/**
 * @returns undefined for a reference of fewer windows than `config.referenceWindows`: it cannot tell chance from change
 * @throws DataError `non-finite-value`
 */
export function createDriftProfile(reference: DriftReference, config: DriftConfig): DriftProfile | undefined {
  const { observations, actions, observationDim, actionDim, names, fillCostsBps } = reference;
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
  const columns: DriftColumn[] = [];
  for (let element = 0; element < observationDim; element++) {
    const name = names?.[element] ?? String(element);
    // The account's part follows from actions and money, which have signs of their own, and a drawdown has no fixed range.
    if (isTradingAccount(name) || isArbitrageAccount(name)) continue;
    pick(observations, observationDim, element);
    const column = { element, isAction: false, name };
    columns.push({ ...column, ...describe(values, windowDecisions, maxPsi, stabilityIndex) });
  }
  for (let element = 0; element < actionDim; element++) {
    pick(actions, actionDim, element);
    const column = { element, isAction: true, name: String(element) };
    columns.push({ ...column, ...describe(values, windowDecisions, maxActionKl, divergence) });
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

/**
 * Bins by deciles, and the limit: the configured one, or, where windows of the reference lie further than that from the
 * rest of the reference, the furthest of them and something beyond.
 */
function describe(
  values: Float64Array,
  windowDecisions: number,
  configured: number,
  distance: Divergence,
): Pick<DriftColumn, 'edges' | 'expected' | 'limit'> {
  const sorted = values.slice().sort();
  const quantiles = Array.from({ length: NUM_BINS - 1 }, (_, q) =>
    quantileOfSorted(sorted, (q + 1) / NUM_BINS),
  );
  // The highest value needs no edge: what is above the last edge has the last bin.
  const edges = Float64Array.from(new Set(quantiles.filter((edge) => edge < sorted[sorted.length - 1])));
  const numBins = edges.length + 1;
  const numWindows = values.length / windowDecisions;
  const counts = Array.from({ length: numWindows }, () => new Int32Array(numBins));
  const totals = new Int32Array(numBins);
  for (let n = 0; n < values.length; n++) {
    const bin = binOf(edges, values[n]);
    counts[Math.floor(n / windowDecisions)][bin]++;
    totals[bin]++;
  }
  let furthest = 0;
  for (const own of counts) {
    const rest = Float64Array.from(
      totals,
      (total, bin) => (total - own[bin]) / (values.length - windowDecisions),
    );
    furthest = Math.max(furthest, distance(own, windowDecisions, rest));
  }
  const expected = Float64Array.from(totals, (total) => total / values.length);
  return { edges, expected, limit: Math.max(configured, REACH * furthest) };
}
