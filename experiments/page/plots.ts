/** Draws the pictures of an experiment's page as SVG that needs no script. */
import { escapeHtml } from '../../trainers/report/html.ts';
import { type Axis, rangeAxis, short } from './axes.ts';

/** A line over steps: of a trial. */
export interface CurveLine {
  readonly name: string;
  readonly look: 'best' | 'finished' | 'pruned';
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** Places from 0 to 1 on each axis; undefined where there is none. */
export interface ParallelLine {
  readonly name: string;
  readonly isBest: boolean;
  readonly places: readonly (number | undefined)[];
}

const CURVES = { width: 720, height: 260, left: 56, right: 12, top: 10, bottom: 30 };
const SLICE = { width: 300, height: 180, left: 50, right: 10, top: 8, bottom: 36 };
const PARALLEL = { height: 280, top: 34, bottom: 26, gap: 130, side: 70 };

export const PLOT_STYLE = `
.drawing { margin-top: 8px; overflow-x: auto; }
.drawing svg { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.drawing.wide svg { min-width: var(--least); max-width: 900px; }
.drawing text { fill: var(--muted); stroke: var(--paper); stroke-width: 3px; paint-order: stroke; }
.drawing .axis { stroke: var(--rule); }
.drawing .line { fill: none; stroke: var(--baseline-1); stroke-width: 1; opacity: .45; }
.drawing .line.pruned { stroke: var(--baseline-2); stroke-dasharray: 3 3; }
.drawing .line.best { stroke: var(--agent); stroke-width: 2.2; opacity: 1; }
.drawing .dot { fill: var(--baseline-1); opacity: .6; }
.drawing .dot.best { fill: var(--agent); opacity: 1; }
.drawing .end { fill: var(--baseline-2); }
.slices { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 260px), 1fr)); gap: 8px 24px; }
`;

/** Values over steps; trials that were ended early stop at a mark. */
export function curvesPlot(lines: readonly CurveLine[], label: string): string {
  const { width, height, left, right, top, bottom } = CURVES;
  const all = lines.flatMap(({ points }) => points);
  const x = linear(all.map((point) => point.x).concat(0), left, width - right);
  const y = linear(
    all.map((point) => point.y),
    height - bottom,
    top,
  );
  const drawn = [...lines].sort((a, b) => Number(a.look === 'best') - Number(b.look === 'best'));
  const marks = drawn.map(({ name, look, points }) => {
    const path = points.map((point) => `${fix(x(point.x))},${fix(y(point.y))}`).join(' ');
    const last = points[points.length - 1];
    const end =
      look === 'pruned' ? `<circle class="end" cx="${fix(x(last.x))}" cy="${fix(y(last.y))}" r="2"/>` : '';
    return `<polyline class="line ${look}" points="${path}"><title>${escapeHtml(name)}</title></polyline>${end}`;
  });
  const body = `${frame(CURVES, x.ticks, y.ticks)}${marks.join('')}`;
  return svg(width, height, label, body, 640);
}

/** One line for each trial over the axes of its settings and its score. */
export function parallelPlot(axes: readonly Axis[], lines: readonly ParallelLine[], label: string): string {
  const { height, top, bottom, gap, side } = PARALLEL;
  const width = 2 * side + gap * Math.max(1, axes.length - 1);
  const xOf = (a: number): number => side + a * gap;
  const yOf = (place: number): number => height - bottom - place * (height - bottom - top);
  const drawn = [...lines].sort((a, b) => Number(a.isBest) - Number(b.isBest));
  const paths = drawn.map(({ name, isBest, places }) => {
    const points = places.flatMap((place, a) =>
      place === undefined ? [] : [`${fix(xOf(a))},${fix(yOf(place))}`],
    );
    return `<polyline class="line${isBest ? ' best' : ''}" points="${points.join(' ')}"><title>${escapeHtml(name)}</title></polyline>`;
  });
  const columns = axes.map(({ name, ticks }, a) => {
    const words = ticks.map(
      ({ at, text }) => `<text x="${xOf(a) + 5}" y="${fix(yOf(at) + 4)}">${escapeHtml(cut(text, 14))}</text>`,
    );
    return `<line class="axis" x1="${xOf(a)}" x2="${xOf(a)}" y1="${top}" y2="${height - bottom}"/><text x="${xOf(a)}" y="${
      a % 2 === 0 ? 12 : 25
    }" text-anchor="middle">${escapeHtml(cut(name, 34))}</text>${words.join('')}`;
  });
  return svg(width, height, label, `${paths.join('')}${columns.join('')}`, Math.min(width, 620));
}

/** The score over one setting. */
export function slicePlot(
  axis: Axis,
  dots: readonly {
    readonly name: string;
    readonly place: number;
    readonly y: number;
    readonly isBest: boolean;
  }[],
  label: string,
): string {
  const { width, height, left, right, top, bottom } = SLICE;
  const y = linear(
    dots.map((dot) => dot.y),
    height - bottom,
    top,
  );
  const xOf = (place: number): number => left + 8 + place * (width - left - right - 16);
  const circles = [...dots]
    .sort((a, b) => Number(a.isBest) - Number(b.isBest))
    .map(
      ({ name, place, y: value, isBest }) =>
        `<circle class="dot${isBest ? ' best' : ''}" cx="${fix(xOf(place))}" cy="${fix(y(value))}" r="${isBest ? 4 : 2.5}"><title>${escapeHtml(name)}</title></circle>`,
    );
  const few = axis.ticks.length <= 4 ? axis.ticks : [axis.ticks[0], axis.ticks[axis.ticks.length - 1]];
  const ticks = few.map(({ at, text }) => ({ at: xOf(at), text: cut(text, 12) }));
  const body = `${frame(SLICE, ticks, y.ticks)}${circles.join('')}<text x="${(left + width) / 2}" y="${height - 4}" text-anchor="middle">${escapeHtml(axis.name)}</text>`;
  return svg(width, height, label, body);
}

/** The scores of each row's seeds on one axis, with their mean as a line. */
export function seedsPlot(
  rows: readonly { readonly name: string; readonly scores: readonly number[]; readonly mean: number }[],
  label: string,
): string {
  const [width, left, rowHeight] = [720, 190, 26];
  const height = rows.length * rowHeight + 28;
  const x = linear(
    rows.flatMap(({ scores }) => scores),
    left + 10,
    width - 20,
  );
  const body = rows.map(({ name, scores, mean: middle }, i) => {
    const at = 14 + i * rowHeight;
    const dots = scores.map(
      (score) =>
        `<circle class="dot" cx="${fix(x(score))}" cy="${at}" r="3.5"><title>${short(score)}</title></circle>`,
    );
    return `<text x="0" y="${at + 4}">${escapeHtml(cut(name, 30))}</text><line class="axis" x1="${left}" x2="${width - 10}" y1="${at}" y2="${at}"/>${dots.join('')}<rect x="${fix(x(middle) - 1)}" y="${at - 8}" width="2" height="16" fill="var(--agent)"/>`;
  });
  const ticks = x.ticks.map(
    ({ at, text }) => `<text x="${fix(at)}" y="${height - 6}" text-anchor="middle">${text}</text>`,
  );
  return svg(width, height, label, body.join('') + ticks.join(''), 640);
}

interface Scale {
  (value: number): number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

function linear(values: readonly number[], from: number, to: number): Scale {
  const finite = values.filter(Number.isFinite);
  const axis = rangeAxis('', finite.length === 0 ? [0] : finite);
  const [low, high] = finite.length === 0 ? [0, 0] : [Math.min(...finite), Math.max(...finite)];
  const scale = (value: number): number =>
    high > low ? from + ((value - low) / (high - low)) * (to - from) : (from + to) / 2;
  const places = high > low ? [low, (low + high) / 2, high] : [low];
  return Object.assign(scale, {
    ticks: axis.ticks.length === 0 ? [] : places.map((value) => ({ at: scale(value), text: short(value) })),
  });
}

function frame(
  { width, height, left, right, bottom, top }: typeof CURVES,
  xTicks: Scale['ticks'],
  yTicks: Scale['ticks'],
): string {
  const base = height - bottom;
  const below = xTicks.map(
    ({ at, text }, i) =>
      `<text x="${fix(at)}" y="${base + 14}" text-anchor="${i === xTicks.length - 1 && i > 0 ? 'end' : i === 0 ? 'start' : 'middle'}">${escapeHtml(text)}</text>`,
  );
  const beside = yTicks.map(
    ({ at, text }) => `<text x="${left - 6}" y="${fix(at + 4)}" text-anchor="end">${escapeHtml(text)}</text>`,
  );
  return `<line class="axis" x1="${left}" x2="${width - right}" y1="${base}" y2="${base}"/><line class="axis" x1="${left}" x2="${left}" y1="${top}" y2="${base}"/>${below.join('')}${beside.join('')}`;
}

function svg(width: number, height: number, label: string, body: string, least?: number): string {
  const wide =
    least === undefined ? 'class="drawing"' : `class="drawing wide" style="--least:${least}px" tabindex="0"`;
  return `<div ${wide}><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">${body}</svg></div>`;
}

const fix = (value: number): string => value.toFixed(1);
const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;
