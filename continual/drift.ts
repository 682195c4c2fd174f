/**
 * Watches a policy in use for signs that it is no longer where it was trained.
 *
 * Four signs, each over the last decisions: observations from other ranges (population stability index), actions from
 * another distribution (Kullback–Leibler divergence), fills worse than the simulation's, and money lost.
 */
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../core/snapshot.ts';
import { mean } from '../core/statistics.ts';
import type { DriftConfig } from './drift-config.ts';
import { binOf, type DriftProfile, divergence, stabilityIndex } from './drift-profile.ts';

// C: columns of the profile. W: decisions in the window.

export interface DriftAlarm {
  readonly sign: 'observations' | 'actions' | 'fills' | 'loss';
  /** Where, how much, and the limit. */
  readonly text: string;
  readonly value: number;
  readonly limit: number;
}

/** What a monitor watches, in the order in which it happens. */
export type DriftSample =
  | { readonly kind: 'equity'; readonly equity: number }
  | { readonly kind: 'decision'; readonly observation: Float32Array; readonly action: readonly number[] }
  | { readonly kind: 'fill'; readonly costBps: number };

/** Set in a bin's number where the value is beyond the reference. */
const OUTSIDE = 0x80;
/** Fills below which their mean says nothing. */
const MIN_FILLS = 10;
/** Standard errors by which fills may be off by chance; the mean is looked at often. */
const FILL_ERRORS = 5;

/** Discrete actions have a bin per choice, which deciles of few different values come to. */
export class DriftMonitor implements Snapshotable {
  readonly #config: DriftConfig;
  readonly #profile: DriftProfile | undefined;
  readonly #counts: readonly Int32Array[]; // [C], per bin
  readonly #outside: Int32Array; // [C], decisions of the window beyond the reference
  readonly #bins: Uint8Array; // [W, C], the bins of the last decisions, a ring
  readonly #fillCosts: Float64Array; // [W], basis points, a ring
  #numDecisions = 0;
  #numFills = 0;
  #startEquity = Number.NaN;
  #equity = Number.NaN;

  /** @param profile without one, a loss is all that speaks */
  constructor(config: DriftConfig, profile?: DriftProfile) {
    this.#config = config;
    this.#profile = profile;
    const columns = profile?.columns ?? [];
    this.#counts = columns.map(({ expected }) => new Int32Array(expected.length));
    this.#outside = new Int32Array(columns.length);
    this.#bins = new Uint8Array(config.windowDecisions * columns.length);
    this.#fillCosts = new Float64Array(config.windowDecisions);
  }

  /** Whether it has something to compare with. */
  get hasProfile(): boolean {
    return this.#profile !== undefined;
  }

  /** Decisions since the policy took over. */
  get numDecisions(): number {
    return this.#numDecisions;
  }

  add(sample: DriftSample): void {
    if (sample.kind === 'equity') this.observeEquity(sample.equity);
    else if (sample.kind === 'fill') this.observeFill(sample.costBps);
    else this.observeDecision(sample.observation, sample.action);
  }

  /**
   * A decision that was the policy's own.
   * @param action [A]
   */
  observeDecision(observation: Float32Array, action: ArrayLike<number>): void {
    const { windowDecisions } = this.#config;
    const columns = this.#profile?.columns ?? [];
    const row = (this.#numDecisions % windowDecisions) * columns.length;
    const isFull = this.#numDecisions >= windowDecisions;
    for (let c = 0; c < columns.length; c++) {
      const { edges, element, isAction, lowest, highest } = columns[c];
      const counts = this.#counts[c];
      if (isFull) {
        const left = this.#bins[row + c];
        counts[left & ~OUTSIDE]--;
        if (left >= OUTSIDE) this.#outside[c]--;
      }
      const value = isAction ? action[element] : observation[element];
      const bin = binOf(edges, value);
      const isOutside = value < lowest || value > highest;
      this.#bins[row + c] = isOutside ? bin | OUTSIDE : bin;
      counts[bin]++;
      if (isOutside) this.#outside[c]++;
    }
    this.#numDecisions++;
  }

  /** The account at any decision since it took over, whoever made it; quote units. */
  observeEquity(equity: number): void {
    if (Number.isNaN(this.#startEquity)) this.#startEquity = equity;
    this.#equity = equity;
  }

  /** @param costBps what a fill cost against the mid at its decision, basis points of its notional */
  observeFill(costBps: number): void {
    this.#fillCosts[this.#numFills % this.#fillCosts.length] = costBps;
    this.#numFills++;
  }

  /** The signs beyond their limits now, each where it is furthest beyond; distributions speak once the window is full. */
  check(): DriftAlarm[] {
    const { windowDecisions, maxFillGapBps, maxLoss } = this.#config;
    const alarms = new Map<DriftAlarm['sign'], DriftAlarm>();
    const raise = (sign: DriftAlarm['sign'], what: string, value: number, limit: number): void => {
      const known = alarms.get(sign);
      if (value <= limit || (known !== undefined && value / limit <= known.value / known.limit)) return;
      const text = `${what} is ${value.toFixed(3)}, the limit is ${shown(limit)}`;
      alarms.set(sign, { sign, value, limit, text });
    };
    const profile = this.#profile;
    if (profile !== undefined && this.#numDecisions >= windowDecisions) {
      profile.columns.forEach(({ isAction, name, expected, limit, maxOutside }, c) => {
        const distance = (isAction ? divergence : stabilityIndex)(this.#counts[c], windowDecisions, expected);
        if (isAction) raise('actions', `the divergence of action element ${name}`, distance, limit);
        else {
          raise('observations', `the stability index of observation element ${name}`, distance, limit);
          const share = this.#outside[c] / windowDecisions;
          raise('observations', `the share of ${name} beyond all of the reference`, share, maxOutside);
        }
      });
    }
    if (profile !== undefined && this.#numFills >= MIN_FILLS) {
      const costs = this.#fillCosts.subarray(0, Math.min(this.#numFills, this.#fillCosts.length));
      const byChance = (FILL_ERRORS * profile.fillDeviationBps) / Math.sqrt(costs.length);
      const gap = mean(costs) - profile.meanFillCostBps;
      raise('fills', 'the mean gap of fills, bp,', gap, Math.max(maxFillGapBps, byChance));
    }
    const loss = 1 - this.#equity / this.#startEquity;
    raise('loss', 'the loss since it took over', Number.isNaN(loss) ? 0 : loss, maxLoss);
    return [...alarms.values()];
  }

  save(): Snapshot {
    const nullable = (value: number): number | null => (Number.isNaN(value) ? null : value);
    const counts = this.#counts.map((counts, c) => [
      String(c),
      { arrays: { counts: counts.slice() }, values: {} },
    ]);
    const own = {
      arrays: {
        bins: this.#bins.slice(),
        outside: this.#outside.slice(),
        fillCosts: this.#fillCosts.slice(),
      },
      values: {
        numDecisions: this.#numDecisions,
        numFills: this.#numFills,
        startEquity: nullable(this.#startEquity),
        equity: nullable(this.#equity),
      },
    };
    return joinSnapshots({ own, ...Object.fromEntries(counts) });
  }

  /** @param snapshot of a monitor with the same profile */
  load(snapshot: Snapshot): void {
    const own = snapshotPart(snapshot, 'own');
    restoreArrayInto(this.#bins, own, 'bins');
    restoreArrayInto(this.#outside, own, 'outside');
    restoreArrayInto(this.#fillCosts, own, 'fillCosts');
    this.#counts.forEach((counts, c) => {
      restoreArrayInto(counts, snapshotPart(snapshot, String(c)), 'counts');
    });
    this.#numDecisions = restoreNumber(own, 'numDecisions');
    this.#numFills = restoreNumber(own, 'numFills');
    this.#startEquity = own.values.startEquity === null ? Number.NaN : restoreNumber(own, 'startEquity');
    this.#equity = own.values.equity === null ? Number.NaN : restoreNumber(own, 'equity');
  }
}

function shown(limit: number): string {
  return String(Number(limit.toFixed(3)));
}
