/** Declares and prepares a figure of lines on one axis, for pages that compare more than accounts. */
import { extremes, largestTriangles } from '../../../core/largest-triangle.ts';
import { escapeHtml } from '../html.ts';

/** Lines over time or over steps. */
export interface ReportFigure {
  readonly title: string;
  readonly explanation: string;
  /** [P] ascending: milliseconds of UTC epoch, or steps. */
  readonly x: ArrayLike<number>;
  readonly isTime: boolean;
  readonly unit: 'bp' | 'number' | 'percent';
  readonly lines: readonly FigureLine[];
}

export interface FigureLine {
  readonly name: string;
  /** A colour variable of the page. */
  readonly colour: string;
  /** [P] NaN is a gap. */
  readonly values: ArrayLike<number>;
  /** `line` by default; `dashed` for what is no result, `steps` for what is held, `points` for single events. */
  readonly look?: 'line' | 'dashed' | 'steps' | 'points';
}

/** As it is embedded. Null is a gap. */
export interface FigureData {
  readonly x: number[];
  readonly isTime: boolean;
  readonly unit: ReportFigure['unit'];
  readonly lines: readonly {
    readonly name: string;
    readonly colour: string;
    readonly look: NonNullable<FigureLine['look']>;
    readonly values: (number | null)[];
  }[];
}

const MAX_POINTS = 1_000;

/** Long lines are thinned by the largest triangles of the first one; the extremes of all, and single events, are kept. */
export function figureData({ x, isTime, unit, lines }: ReportFigure): FigureData {
  const rows = drawnRows(x.length, lines);
  return {
    x: rows.map((row) => (isTime ? x[row] / 1000 : x[row])),
    isTime,
    unit,
    lines: lines.map(({ name, colour, values, look = 'line' }) => ({
      name,
      colour,
      look,
      values: rows.map((row) => (Number.isFinite(values[row]) ? Number(values[row].toPrecision(6)) : null)),
    })),
  };
}

function drawnRows(length: number, lines: readonly FigureLine[]): number[] {
  if (length <= MAX_POINTS) return Array.from({ length }, (_, row) => row);
  const filled = lines.filter(({ look }) => look !== 'points').map(({ values }) => withoutGaps(values));
  const events = lines
    .filter(({ look }) => look === 'points')
    .flatMap(({ values }) =>
      Array.from({ length }, (_, row) => row).filter((row) => Number.isFinite(values[row])),
    );
  const step = Math.ceil(events.length / (MAX_POINTS / 2));
  const rows = new Set([
    ...largestTriangles(filled[0], MAX_POINTS / 2),
    ...filled.flatMap((values) => extremes(values, 20)),
    ...events.filter((_, i) => i % step === 0),
  ]);
  return [...rows].sort((a, b) => a - b);
}

/** The last value that there was, 0 before the first. */
function withoutGaps(values: ArrayLike<number>): Float64Array {
  let last = 0;
  return Float64Array.from(values, (value) => {
    if (Number.isFinite(value)) last = value;
    return last;
  });
}

/** The place of figure number `index` on a page. */
export function figurePlace({ title, explanation }: ReportFigure, index: number): string {
  const words = escapeHtml(`${title}: ${explanation}`);
  return `<figure data-figure="${index}"><figcaption><b>${escapeHtml(title)}</b><span>${escapeHtml(explanation)}</span><span class="tools"><output class="at"></output></span></figcaption><div class="readout"></div><div class="plot" role="img" aria-label="${words}" tabindex="0"></div></figure>`;
}
