/**
 * Prepares what the page's charts draw: series scaled, thinned and rounded, and their embedding as JSON inside HTML.
 */
import { extremes, largestTriangles } from '../../core/largest-triangle.ts';
import { median } from '../../core/statistics.ts';
import { agentCurves, curveColours, followedCurve, spansInReadingOrder } from './cast.ts';
import { lineColour } from './document.ts';
import type { FigureData } from './figures/figure.ts';
import type { Report, ReportCurve, ReportLearning, ReportModelChart, ReportSpan } from './report.ts';
import { type TearChartData, tearChartData } from './tear/data.ts';

/** Points of a learning curve; no screen shows more. */
const MAX_POINTS = 8_000;
/** Points of a span: longer ones are thinned, their extremes kept. */
const SPAN_POINTS = 1_200;
const DAY_MS = 86_400_000;

/** The embedded JSON. Null is a gap. */
export interface ReportChartData {
  readonly learning: { steps: number[]; median: (number | null)[]; seeds: LearningLine[] };
  readonly spans: readonly SpanChartData[]; // in reading order
  readonly curves: readonly ModelChartData[]; // a model's, in the report's order
  readonly figures: readonly FigureData[]; // of pages that compare more than accounts
}

/** A chart of a model's curves on common places. */
export interface ModelChartData {
  /** [P] ascending */
  readonly x: number[];
  /** Whether the line y = x is drawn, for comparison. */
  readonly diagonal: boolean;
  readonly points: boolean;
  readonly lines: readonly { name: string; colour: string; values: (number | null)[] }[];
}

/** One seed on the steps of all seeds. */
export interface LearningLine {
  readonly seed: number;
  readonly values: (number | null)[];
}

/** One span's series, P points each. */
export interface SpanChartData {
  readonly name: string;
  /** Bars, of which `time` has those that are drawn. */
  readonly numBars: number;
  /** Bars are about a day or longer: the page shows dates without hours. */
  readonly daily: boolean;
  /** [P] seconds, UTC epoch */
  readonly time: number[];
  /** [P] */
  readonly price: number[];
  readonly curves: readonly CurveChartData[];
  /** Of the agent that is followed; absent for fewer than three bars. */
  readonly tear?: TearChartData;
}

/** One curve; `lead` is the seed that is followed, which alone has its drawdown drawn among the seeds. */
export interface CurveChartData {
  readonly name: string;
  readonly role: 'lead' | 'seed' | 'baseline';
  readonly colour: string;
  /** [P] equity over its first value */
  readonly growth: number[];
  /** [P] the worst since the last drawn point, a fraction at or below 0; empty for a seed */
  readonly drawdown: number[];
  /** [P] */
  readonly exposure: number[];
}

/** Builds the charts' data from a checked report. */
export function reportChartData(report: Report): ReportChartData {
  const colourOf = curveColours(report);
  return {
    learning: joinLearning(report.learning),
    spans: spansInReadingOrder(report).map((span) => spanChartData(report, span, colourOf)),
    curves: (report.model?.curves ?? []).map(modelChartData),
    figures: [],
  };
}

/** JSON that may stand between script tags: no `<`, and no line separator that older parsers refuse. */
export function embedJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** The median of the finite values; NaN when there are none. */
export function medianOf(values: readonly number[]): number {
  return median(values.filter(Number.isFinite));
}

/** Lines at 101 places between their points; points where they are. */
function modelChartData({ lines, diagonal, points }: ReportModelChart): ModelChartData {
  const places = points
    ? [...new Set(lines.flatMap(({ x }) => [...x, 0, 1]))].sort((a, b) => a - b)
    : Array.from({ length: 101 }, (_, i) => i / 100);
  return {
    x: places.map((place) => round(place)),
    diagonal,
    points,
    lines: lines.map(({ name, x, y }, i) => ({
      name,
      colour: lineColour(i),
      values: points
        ? places.map((place) => (x.includes(place) ? round(y[x.indexOf(place)]) : null))
        : interpolate({ seed: 0, steps: x, meanReturn: y }, places).map(roundOrGap),
    })),
  };
}

/** Whether bars are about a day or longer. */
export function isDaily({ timeMs }: Pick<ReportSpan, 'timeMs'>): boolean {
  const last = timeMs.length - 1;
  return (timeMs[last] - timeMs[0]) / Math.max(1, last) > DAY_MS / 2;
}

function spanChartData(
  report: Report,
  span: ReportSpan,
  colourOf: (curve: ReportCurve) => string,
): SpanChartData {
  const lead = followedCurve(report, span);
  const drawn = drawnBars(span, lead);
  return {
    name: span.name,
    numBars: span.timeMs.length,
    daily: isDaily(span),
    time: drawn.map((bar) => span.timeMs[bar] / 1000),
    price: drawn.map((bar) => round(span.price[bar])),
    curves: span.curves.map((curve) => {
      const role = curve.kind === 'baseline' ? 'baseline' : curve === lead ? 'lead' : 'seed';
      return {
        name: role === 'lead' && agentCurves(span).length > 1 ? `${curve.name} (followed)` : curve.name,
        role,
        colour: colourOf(curve),
        growth: drawn.map((bar) => round(curve.equity[bar] / curve.equity[0])),
        drawdown: role === 'seed' ? [] : worstDrawdowns(curve.equity, drawn),
        exposure: drawn.map((bar) => round(curve.exposure[bar], 4)),
      };
    }),
    ...(lead !== undefined && { tear: tearChartData(span, lead) }),
  };
}

/**
 * Rows of the bars that are drawn: largest triangles of the followed equity, the lowest and highest of it and of the price in each stretch, and the
 * extremes of every curve.
 */
function drawnBars({ timeMs, price, curves }: ReportSpan, lead: ReportCurve | undefined): number[] {
  const { length } = timeMs;
  if (length <= SPAN_POINTS) return Array.from({ length }, (_, bar) => bar);
  const first = lead ?? curves[0];
  const stretches = Math.floor(SPAN_POINTS / 8);
  const rows = new Set([
    ...largestTriangles(first.equity, Math.floor(SPAN_POINTS / 2)),
    ...extremes(first.equity, stretches),
    ...extremes(price, stretches),
    ...curves.flatMap(({ equity }) => extremes(equity, 1)),
  ]);
  return [...rows].sort((a, b) => a - b);
}

function worstDrawdowns(equity: ArrayLike<number>, drawn: readonly number[]): number[] {
  let peak = equity[0];
  let bar = 0;
  return drawn.map((end) => {
    let worst = 0;
    for (; bar <= end; bar++) {
      peak = Math.max(peak, equity[bar]);
      worst = Math.min(worst, equity[bar] / peak - 1);
    }
    return round(worst);
  });
}

/** All seeds on the union of their steps; the median interpolates a seed between its own steps, never beyond them. */
function joinLearning(learning: readonly ReportLearning[]): ReportChartData['learning'] {
  const union = [...new Set(learning.flatMap(({ steps }) => Array.from(steps)))].sort((a, b) => a - b);
  const stride = Math.ceil(union.length / MAX_POINTS);
  const steps = union.filter((_, i) => i % stride === 0 || i === union.length - 1);
  const lines = learning.map((curve) => ({ seed: curve.seed, values: interpolate(curve, steps) }));
  return {
    steps,
    median: steps.map((_, i) => roundOrGap(medianOf(lines.map(({ values }) => values[i])))),
    seeds: lines.map(({ seed, values }) => ({ seed, values: values.map(roundOrGap) })),
  };
}

function interpolate({ steps, meanReturn }: ReportLearning, at: readonly number[]): number[] {
  let right = 0;
  return at.map((step) => {
    while (right < steps.length && steps[right] < step) right++;
    if (steps[right] === step) return meanReturn[right];
    if (right === 0 || right === steps.length) return Number.NaN;
    const share = (step - steps[right - 1]) / (steps[right] - steps[right - 1]);
    return meanReturn[right - 1] + share * (meanReturn[right] - meanReturn[right - 1]);
  });
}

function roundOrGap(value: number): number | null {
  return Number.isFinite(value) ? round(value) : null;
}

/** Six significant digits: finer than any screen, and a third of the file. */
export function round(value: number, digits = 6): number {
  return Number(value.toPrecision(digits));
}
