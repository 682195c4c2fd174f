/** Declares all that a page on an experiment shows: data alone, no text of the page. */

import type { RoundTrip, StepFill } from '../../market/statistics/account-trips.ts';
import type { ReportCosts } from './costs.ts';

/** Everything the page shows. Numbers are taken as they are; nothing but medians, drawdowns and scaling is derived. */
export interface Report {
  readonly title: string;
  /** One sentence: what was trained on what, the years the data spans, the costs. */
  readonly subtitle: string;
  readonly verdict: ReportVerdict;
  /** How many trials led to the verdict, and what they leave of it: a sentence each. */
  readonly trials?: readonly string[];
  /** One entry per seed; empty for an evaluation without training, which leaves the section out. */
  readonly learning: readonly ReportLearning[];
  /**
   * Shown unseen spans first, and among them the latest first; the first is given the full width. At least one, but
   * where a model is judged by predictions alone.
   */
  readonly spans: readonly ReportSpan[];
  /** How good the predictions of a supervised model are; absent where there is none. */
  readonly model?: ReportModel;
  /** What is left of it at other costs; absent where that was not tried. */
  readonly costs?: ReportCosts;
  /** The columns of the metrics tables, in order. */
  readonly metrics: readonly ReportMetric[];
  /** How it was made: configuration, seeds, data file and its hash, code version, the command to repeat it. */
  readonly details: readonly ReportDetail[];
  /** What a reader must know before trusting the numbers, one sentence each. */
  readonly caveats: readonly string[];
}

/** The conclusion in words. Text up to the first colon is set as its headline. */
export interface ReportVerdict {
  readonly tone: 'edge' | 'no-edge' | 'worse';
  readonly text: string;
}

/** The learning curve of one seed. */
export interface ReportLearning {
  readonly seed: number;
  /** [K] environment steps, ascending */
  readonly steps: ArrayLike<number>;
  /** [K] mean episode return; NaN where no episode had ended */
  readonly meanReturn: ArrayLike<number>;
}

/** One stretch of the data, with the market and everything that traded in it. */
export interface ReportSpan {
  /** For example `train`, `validation`, `test`. */
  readonly name: string;
  readonly description: string;
  /** Whether the agent was trained on it. */
  readonly seen: boolean;
  /** Whether its checkpoint was chosen by it. Default: false. */
  readonly chosenBy?: boolean;
  /** [T] UTC epoch, ascending */
  readonly timeMs: ArrayLike<number>;
  /** [T] quote units */
  readonly price: ArrayLike<number>;
  /** [T] the rest of the bars whose closes are the prices; absent: the prices are drawn as a line. */
  readonly candles?: {
    readonly open: ArrayLike<number>;
    readonly high: ArrayLike<number>;
    readonly low: ArrayLike<number>;
  };
  /** Bars a year; absent: by the bars of the span. */
  readonly periodsPerYear?: number;
  /** Agents first by custom, one curve per seed; then baselines. At least one. */
  readonly curves: readonly ReportCurve[];
}

/** One trader's path through a span. */
export interface ReportCurve {
  /** An agent with several seeds is named `<agent>, seed <n>`; a baseline keeps its name (and colour) in every span. */
  readonly name: string;
  readonly kind: 'agent' | 'baseline';
  /** [T] in any unit, above zero at the start; drawn as growth of 1 */
  readonly equity: ArrayLike<number>;
  /** [T] signed fraction of equity held from this time on */
  readonly exposure: ArrayLike<number>;
  /** By `ReportMetric.key`; absent or NaN is shown as a dash. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Its round trips; shown of the agent that is followed. */
  readonly trips?: readonly RoundTrip[];
  /** Its fills, likewise. */
  readonly fills?: readonly StepFill[];
}

/** A column of the metrics tables. `percent` takes a fraction: 0.05 is shown as 5.0%. */
export interface ReportMetric {
  readonly key: string;
  readonly label: string;
  readonly format: 'percent' | 'number' | 'integer' | 'money';
}

/** A labelled fact; `code` sets it in a fixed-width face and keeps its line breaks. */
export interface ReportDetail {
  readonly label: string;
  readonly value: string;
  readonly code?: boolean;
}

/** How good the predictions of a supervised model are. */
export interface ReportModel {
  /** What was judged, one sentence. */
  readonly description: string;
  readonly figures: readonly ReportDetail[];
  /** One row a class, then the averages; cells as they are to stand. */
  readonly classes?: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
  readonly confusion?: {
    readonly classNames: readonly string[]; // [C]
    /** [C][C] rows by true class, then by the class named. */
    readonly counts: readonly (readonly number[])[];
  };
  readonly curves: readonly ReportModelChart[];
  /** How much each column matters, in one unit, the most important first. */
  readonly importance: readonly { readonly name: string; readonly value: number }[];
  /** What the importance is, in a few words. */
  readonly importanceUnit: string;
}

/** Curves in the unit square. */
export interface ReportModelChart {
  readonly title: string;
  /** What the axes are. */
  readonly explanation: string;
  readonly diagonal: boolean;
  /** Whether each point is marked. */
  readonly points: boolean;
  readonly lines: readonly {
    readonly name: string;
    readonly x: readonly number[];
    readonly y: readonly number[];
  }[];
}
