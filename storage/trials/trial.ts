/** What a trial is: something that was tried on a span of a market, what it led to, and who looked at it. */

/** What was carried out: the command, or its like in the library. */
export const TRIAL_KINDS = [
  'train',
  'quickstart',
  'experiment',
  'fit',
  'prior',
  'arbitrage',
  'crossval',
  'evaluate',
  'update',
] as const;
export type TrialKind = (typeof TRIAL_KINDS)[number];

/** What an account did on a span, period by period. */
export interface TrialSeries {
  /** [T + 1] UTC epoch: the start, then the end of each period. */
  readonly timeMs: Float64Array;
  /** [T + 1] of the market at those times, quote units; all 1 where there is no one market. */
  readonly price: Float64Array;
  /** [T] simple, after costs. */
  readonly returns: Float64Array;
  /** Mean over the span, signed fraction of equity; 0 where the market is nothing to be exposed to. */
  readonly exposure: number;
}

/** Where something was tried: the columns of the data by their SHA-256, and the time that is judged by, [from, to]. */
export interface TrialPlace {
  readonly data: string;
  /** UTC epoch. */
  readonly fromMs: number;
  /** UTC epoch, ≥ fromMs. */
  readonly toMs: number;
}

export interface TrialEntry {
  /** UTC epoch. */
  readonly timeMs: number;
  readonly kind: TrialKind;
  /** In words: `ppo on trading`. */
  readonly label: string;
  /** Absent where an env makes its own market. */
  readonly place?: TrialPlace;
  /** File of the data; empty where there is none. */
  readonly source: string;
  /** Hash of all settings but the seed. */
  readonly configuration: string;
  readonly seeds: readonly number[];
  /** Absent where nothing was chosen by such a span, or no account is kept. */
  readonly validation?: TrialSeries;
  readonly test?: TrialSeries;
  /** What it led to: the run directory, the model, the report. */
  readonly ledTo: string;
}

/** A row as it is listed: without its returns. */
export interface TrialRow extends Omit<TrialEntry, 'validation' | 'test'> {
  /** Counts from 1. */
  readonly number: number;
  readonly numValidation: number;
  readonly numTest: number;
  /** Of the last look at its test span; absent where nobody has looked. */
  readonly verdict?: string;
}

/** Somebody was shown what a configuration did on a test span. */
export interface Look {
  readonly timeMs: number;
  readonly place: TrialPlace;
  readonly configuration: string;
  readonly seeds: readonly number[];
  /** Its verdict, in a few words. */
  readonly verdict: string;
}

/** All trials whose test span has time in common with a place, on the same data. */
export interface TrialsOnPlace {
  /** Distinct configurations. */
  readonly numConfigurations: number;
  /** Rows; a seed that was trained twice is in two of them. */
  readonly numRows: number;
  /** Up to `sampleSize` configurations, drawn by their hashes, which is as good as at random. */
  readonly sample: readonly {
    readonly configuration: string;
    /** Latest row of each set of seeds. */
    readonly trials: readonly { readonly seeds: readonly number[]; readonly test?: TrialSeries }[];
  }[];
  /** Looks at that time of the data, by configuration. */
  readonly looks: readonly { readonly configuration: string; readonly count: number }[];
}
