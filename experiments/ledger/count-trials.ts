/** Counts the trials that led to a verdict, and deflates what it found by them. */
import { mean } from '../../core/statistics.ts';
import { type Deflation, deflate } from '../../market/statistics/deflation.ts';
import type { TrialLedger } from '../../storage/trial-ledger.ts';
import type { TrialPlace, TrialSeries } from '../../storage/trials/trial.ts';

/** What is judged: one configuration, by all of its seeds together. */
export interface JudgedTrial {
  readonly place: TrialPlace;
  readonly configuration: string;
  readonly seeds: readonly number[];
  /** Of each seed, in the same periods. */
  readonly accounts: readonly TrialSeries[];
  readonly periodsPerYear: number;
}

/** The trials on the same data and span, and what they leave of the result. Of returns beyond the own mean exposure. */
export interface TrialCount extends Deflation {
  /** Rows of the ledger: a configuration has one for each seed. */
  readonly numRows: number;
  /** Other configurations of which somebody was shown a verdict on this span before. */
  readonly numOthersSeen: number;
  /** Verdicts shown on this span before, of this configuration too. */
  readonly numLooks: number;
  readonly periodsPerYear: number;
}

/**
 * A trial is a configuration, its seeds averaged. Seeds of the judged one that are left out of the verdict are trials of their own,
 * for they could have been chosen by their results.
 */
export function countTrials(ledger: TrialLedger, judged: JudgedTrial): TrialCount {
  const { place, configuration, seeds, accounts, periodsPerYear } = judged;
  const found = ledger.trialsOn(place, { include: [configuration] });
  const axis = accounts[0].timeMs;
  const own = found.sample.find((entry) => entry.configuration === configuration);
  const leftOut = (own?.trials ?? []).filter((trial) => !trial.seeds.some((seed) => seeds.includes(seed)));
  const others = found.sample.filter((entry) => entry.configuration !== configuration);
  const series = [
    ...others.map(({ trials }) => meanOf(trials.map(({ test }) => activeOn(axis, test)))),
    ...leftOut.map(({ test }) => activeOn(axis, test)),
  ];
  const numOthers = found.numConfigurations - (own === undefined ? 0 : 1);
  const deflation = deflate(
    meanOf(accounts.map((account) => activeOn(axis, account))),
    series,
    1 + numOthers + leftOut.length,
  );
  return {
    ...deflation,
    numRows: found.numRows,
    numLooks: found.looks.reduce((sum, { count }) => sum + count, 0),
    numOthersSeen: found.looks.filter((look) => look.configuration !== configuration).length,
    periodsPerYear,
  };
}

/**
 * Returns beyond what the mean exposure earned by the market alone: r − exposure · (price change), at the times of `axis`; NaN where
 * the trial has no such period.
 * @param axis [T + 1]
 */
export function activeOn(axis: Float64Array, series: TrialSeries | undefined): Float64Array {
  const active = new Float64Array(axis.length - 1).fill(Number.NaN);
  if (series === undefined) return active;
  const { timeMs, price, returns, exposure } = series;
  let k = 0;
  for (let t = 0; t < active.length; t++) {
    while (k < returns.length && timeMs[k + 1] < axis[t + 1]) k++;
    if (k < returns.length && timeMs[k + 1] === axis[t + 1]) {
      active[t] = returns[k] - exposure * (price[k + 1] / price[k] - 1);
    }
  }
  return active;
}

/** Of series of one length; a period that one of them lacks is the mean of the others. */
export function meanOf(series: readonly Float64Array[]): Float64Array {
  if (series.length === 1) return series[0];
  return series[0].map((_, t) => mean(series.map((own) => own[t]).filter((value) => !Number.isNaN(value))));
}
