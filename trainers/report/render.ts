/** Renders the result of an experiment as one self-contained HTML page: a pure function from data to text. */
import { DataError } from '../../core/errors.ts';
import { reportChartData } from './data.ts';
import { renderPage } from './page.ts';
import type { Report } from './report.ts';

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
