/** The result of an experiment as one self-contained HTML page: a pure function from data to text. */
import { DataError } from '../../core/errors.ts';
import { reportChartData } from './data.ts';
import type { ReportModel } from './document.ts';
import { renderPage } from './page.ts';

/** Everything the page shows. Numbers are taken as they are; nothing but medians, drawdowns and scaling is derived. */
export interface Report {
  readonly title: string;
  /** One sentence: what was trained on what, the years the data spans, the costs. */
  readonly subtitle: string;
  readonly verdict: ReportVerdict;
  /** One entry per seed; empty for an evaluation without training, which leaves the section out. */
  readonly learning: readonly ReportLearning[];
  /**
   * Shown unseen spans first, and among them the latest first; the first is given the full width. At least one, but
   * where a model is judged by predictions alone.
   */
  readonly spans: readonly ReportSpan[];
  /** How good the predictions of a supervised model are; absent where there is none. */
  readonly model?: ReportModel;
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
  readonly steps: ArrayLike<number>; // [K] environment steps, ascending
  readonly meanReturn: ArrayLike<number>; // [K] mean episode return; NaN where no episode had ended
}

/** One stretch of the data, with the market and everything that traded in it. */
export interface ReportSpan {
  /** For example `train`, `validation`, `test`. */
  readonly name: string;
  readonly description: string;
  /** Whether the agent was trained on it. */
  readonly seen: boolean;
  readonly timeMs: ArrayLike<number>; // [T] UTC epoch, ascending
  readonly price: ArrayLike<number>; // [T] quote units
  /** Agents first by custom, one curve per seed; then baselines. At least one. */
  readonly curves: readonly ReportCurve[];
}

/** One trader's path through a span. */
export interface ReportCurve {
  /** An agent with several seeds is named `<agent>, seed <n>`; a baseline keeps its name (and colour) in every span. */
  readonly name: string;
  readonly kind: 'agent' | 'baseline';
  readonly equity: ArrayLike<number>; // [T] in any unit, above zero at the start; drawn as growth of 1
  readonly exposure: ArrayLike<number>; // [T] signed fraction of equity held from this time on
  /** By `ReportMetric.key`; absent or NaN is shown as a dash. */
  readonly metrics: Readonly<Record<string, number>>;
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

/**
 * Renders one HTML file that opens from disk and asks the network for nothing.
 * @throws DataError `report-empty`: no span, a span without times or curves.
 * @throws DataError `report-length`: an array that differs in length from its times or steps.
 * @throws DataError `report-order`: times or steps that do not ascend.
 * @throws DataError `report-not-finite`: a price, equity or exposure that is no finite number, or a starting equity at or below 0.
 */
export function renderReport(report: Report): string {
  checkReport(report);
  return renderPage(report, reportChartData(report));
}

function checkReport(report: Report): void {
  if (report.spans.length === 0 && report.model === undefined) {
    throw new DataError('report-empty', 'A report needs at least one span');
  }
  for (const { seed, steps, meanReturn } of report.learning) {
    checkAscending(steps, `learning curve of seed ${seed}: steps`);
    checkLength(meanReturn, steps.length, `learning curve of seed ${seed}: meanReturn`);
  }
  for (const span of report.spans) {
    const numTimes = span.timeMs.length;
    if (numTimes === 0 || span.curves.length === 0) {
      throw new DataError(
        'report-empty',
        `Span "${span.name}" has ${numTimes} times, ${span.curves.length} curves`,
      );
    }
    checkAscending(span.timeMs, `span "${span.name}": timeMs`);
    checkSeries(span.price, numTimes, `span "${span.name}": price`);
    for (const curve of span.curves) {
      const where = `span "${span.name}", curve "${curve.name}"`;
      checkSeries(curve.equity, numTimes, `${where}: equity`);
      checkSeries(curve.exposure, numTimes, `${where}: exposure`);
      if (curve.equity[0] <= 0) {
        throw new DataError(
          'report-not-finite',
          `${where}: equity must start above 0, starts at ${curve.equity[0]}`,
        );
      }
    }
  }
}

function checkSeries(values: ArrayLike<number>, length: number, where: string): void {
  checkLength(values, length, where);
  for (let i = 0; i < length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new DataError(
        'report-not-finite',
        `${where}: value ${i} is ${values[i]}, expected a finite number`,
      );
    }
  }
}

function checkLength(values: ArrayLike<number>, length: number, where: string): void {
  if (values.length !== length) {
    throw new DataError('report-length', `${where}: ${values.length} values, expected ${length}`);
  }
}

function checkAscending(values: ArrayLike<number>, where: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]) || (i > 0 && values[i] <= values[i - 1])) {
      throw new DataError(
        'report-order',
        `${where}: value ${i} is ${values[i]}, expected more than ${values[i - 1]}`,
      );
    }
  }
}
