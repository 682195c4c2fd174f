/**
 * Watches a policy in use for signs that it is no longer where it was trained.
 *
 * Four signs, each over the last decisions: observations from other ranges (population stability index), actions from
 * another distribution (Kullback–Leibler divergence), fills worse than the simulation's, and money lost.
 */
import { type ConfigOf, z } from '../core/config.ts';
import { DataError } from '../core/errors.ts';
import { log } from '../core/math.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../core/snapshot.ts';
import { mean, quantile } from '../core/statistics.ts';

// D: observation elements. A: action elements. Q: bins of a column. W: decisions in the window.

export const driftConfig = z.object({
  windowDecisions: z.int().min(10).default(500).describe('decisions that are looked back on'),
  maxPsi: z
    .number()
    .positive()
    .default(0.5)
    .describe(
      'largest population stability index of any observation element; 0.25 is usually called a shift',
    ),
  maxActionKl: z.number().positive().default(0.5).describe('largest divergence of the actions, nats'),
  maxFillGapBps: z
    .number()
    .positive()
    .default(10)
    .describe('how much worse than simulated fills may be on average, basis points of notional'),
  maxLoss: z.number().gt(0).max(1).default(0.1).describe('largest loss since the policy took over, fraction'),
});

export type DriftConfig = ConfigOf<typeof driftConfig>;

/** What a policy saw and did where it was judged good; N decisions. */
export interface DriftReference {
  readonly observations: Float32Array; // [N, D]
  readonly actions: Float32Array | Int32Array; // [N, A]
  readonly observationDim: number;
  readonly actionDim: number;
}

export interface DriftAlarm {
  readonly sign: 'observations' | 'actions' | 'fills' | 'loss';
  /** Where, how much, and the limit. */
  readonly text: string;
  readonly value: number;
  readonly limit: number;
}

/** Deciles where a column has that many different values. */
const NUM_BINS = 10;
/** A bin that never occurred counts as this share, so that a divergence stays finite. */
const SHARE_FLOOR = 1e-4;

/** Counts of one column over the window, beside the shares of the reference. */
class Column {
  readonly edges: Float64Array; // [Q − 1], a value belongs to the first bin whose edge is not below it
  readonly expected: Float64Array; // [Q]
  readonly counts: Int32Array; // [Q]

  constructor(values: Float64Array) {
    const quantiles = Array.from({ length: NUM_BINS - 1 }, (_, q) => quantile(values, (q + 1) / NUM_BINS));
    // The highest value needs no edge: what is above the last edge has the last bin.
    const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
    this.edges = Float64Array.from(new Set(quantiles.filter((edge) => edge < highest)));
    this.expected = new Float64Array(this.edges.length + 1);
    this.counts = new Int32Array(this.edges.length + 1);
    for (const value of values) this.expected[this.binOf(value)] += 1 / values.length;
  }

  binOf(value: number): number {
    let bin = 0;
    while (bin < this.edges.length && value > this.edges[bin]) bin++;
    return bin;
  }

  /** PSI = Σ (p − q)·ln(p / q), p the window's shares, q the reference's. */
  psi(total: number): number {
    return this.#sum(total, (p, q) => (p - q) * log(p / q));
  }

  /** KL(p ‖ q) = Σ p·ln(p / q). */
  divergence(total: number): number {
    return this.#sum(total, (p, q) => p * log(p / q));
  }

  #sum(total: number, term: (p: number, q: number) => number): number {
    let sum = 0;
    for (let bin = 0; bin < this.counts.length; bin++) {
      const p = Math.max(SHARE_FLOOR, this.counts[bin] / total);
      sum += term(p, Math.max(SHARE_FLOOR, this.expected[bin]));
    }
    return sum;
  }
}

/** Discrete actions have a bin per choice, which deciles of few different values come to. */
export class DriftMonitor implements Snapshotable {
  readonly #config: DriftConfig;
  readonly #columns: Column[]; // [D + A]
  readonly #observationDim: number;
  readonly #bins: Uint8Array; // [W, D + A], the bins of the last decisions, a ring
  readonly #fillGaps: Float64Array; // [W], basis points, a ring
  #numDecisions = 0;
  #numFills = 0;
  #startEquity = Number.NaN;
  #equity = Number.NaN;

  /** @throws DataError `too-few-rows` for fewer reference decisions than bins, `non-finite-value` */
  constructor(reference: DriftReference, config: DriftConfig) {
    const { observations, actions, observationDim, actionDim } = reference;
    const numRows = actions.length / actionDim;
    if (numRows < NUM_BINS) {
      throw new DataError('too-few-rows', `A drift reference needs ${NUM_BINS} decisions, got ${numRows}.`);
    }
    const column = (values: ArrayLike<number>, dim: number, d: number): Column => {
      const picked = Float64Array.from({ length: numRows }, (_, n) => values[n * dim + d]);
      const bad = picked.findIndex((value) => !Number.isFinite(value));
      if (bad < 0) return new Column(picked);
      throw new DataError('non-finite-value', `Element ${d} of reference decision ${bad} is ${picked[bad]}.`);
    };
    this.#config = config;
    this.#observationDim = observationDim;
    this.#columns = [
      ...Array.from({ length: observationDim }, (_, d) => column(observations, observationDim, d)),
      ...Array.from({ length: actionDim }, (_, d) => column(actions, actionDim, d)),
    ];
    this.#bins = new Uint8Array(config.windowDecisions * this.#columns.length);
    this.#fillGaps = new Float64Array(config.windowDecisions);
  }

  /** @param action [A] */
  observeDecision(observation: Float32Array, action: ArrayLike<number>, equity: number): void {
    const { windowDecisions } = this.#config;
    const columns = this.#columns;
    const row = (this.#numDecisions % windowDecisions) * columns.length;
    const isFull = this.#numDecisions >= windowDecisions;
    for (let d = 0; d < columns.length; d++) {
      const column = columns[d];
      const value = d < this.#observationDim ? observation[d] : action[d - this.#observationDim];
      if (isFull) column.counts[this.#bins[row + d]]--;
      const bin = column.binOf(value);
      this.#bins[row + d] = bin;
      column.counts[bin]++;
    }
    this.#numDecisions++;
    if (Number.isNaN(this.#startEquity)) this.#startEquity = equity;
    this.#equity = equity;
  }

  /** @param gapBps how much worse than simulated a fill was, basis points of its notional; negative: better */
  observeFill(gapBps: number): void {
    this.#fillGaps[this.#numFills % this.#fillGaps.length] = gapBps;
    this.#numFills++;
  }

  /** The signs beyond their limits now; distributions speak once the window is full. */
  check(): DriftAlarm[] {
    const { windowDecisions, maxPsi, maxActionKl, maxFillGapBps, maxLoss } = this.#config;
    const alarms: DriftAlarm[] = [];
    const raise = (sign: DriftAlarm['sign'], what: string, value: number, limit: number): void => {
      if (value <= limit) return;
      alarms.push({ sign, value, limit, text: `${what} is ${value.toFixed(3)}, the limit is ${limit}` });
    };
    if (this.#numDecisions >= windowDecisions) {
      this.#columns.forEach((column, d) => {
        const a = d - this.#observationDim;
        if (a < 0) {
          const psi = column.psi(windowDecisions);
          raise('observations', `the stability index of observation element ${d}`, psi, maxPsi);
        } else {
          const divergence = column.divergence(windowDecisions);
          raise('actions', `the divergence of action element ${a}`, divergence, maxActionKl);
        }
      });
    }
    if (this.#numFills >= NUM_BINS) {
      const gaps = this.#fillGaps.subarray(0, Math.min(this.#numFills, this.#fillGaps.length));
      raise('fills', 'the mean gap of fills, bp,', mean(gaps), maxFillGapBps);
    }
    const loss = 1 - this.#equity / this.#startEquity;
    raise('loss', 'the loss since it took over', Number.isNaN(loss) ? 0 : loss, maxLoss);
    return alarms;
  }

  save(): Snapshot {
    const nullable = (value: number): number | null => (Number.isNaN(value) ? null : value);
    const counts = this.#columns.map(({ counts }, d) => [
      String(d),
      { arrays: { counts: counts.slice() }, values: {} },
    ]);
    const own = {
      arrays: { bins: this.#bins.slice(), fillGaps: this.#fillGaps.slice() },
      values: {
        numDecisions: this.#numDecisions,
        numFills: this.#numFills,
        startEquity: nullable(this.#startEquity),
        equity: nullable(this.#equity),
      },
    };
    return joinSnapshots({ own, ...Object.fromEntries(counts) });
  }

  load(snapshot: Snapshot): void {
    const own = snapshotPart(snapshot, 'own');
    restoreArrayInto(this.#bins, own, 'bins');
    restoreArrayInto(this.#fillGaps, own, 'fillGaps');
    this.#columns.forEach(({ counts }, d) => {
      restoreArrayInto(counts, snapshotPart(snapshot, String(d)), 'counts');
    });
    this.#numDecisions = restoreNumber(own, 'numDecisions');
    this.#numFills = restoreNumber(own, 'numFills');
    this.#startEquity = own.values.startEquity === null ? Number.NaN : restoreNumber(own, 'startEquity');
    this.#equity = own.values.equity === null ? Number.NaN : restoreNumber(own, 'equity');
  }
}
