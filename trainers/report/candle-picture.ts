/** Draws a series of candles with what is wrong with it as a picture that needs no script: price, volume, marks. */
import { log } from '../../core/math.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { shortTime } from '../../market/candles/data-quality.ts';
import type { FaultKind, QualityFault } from '../../market/candles/quality-faults.ts';
import { escapeHtml } from './html.ts';

const WIDTH = 1100;
const PRICE_HEIGHT = 300;
const VOLUME_TOP = 316;
const VOLUME_HEIGHT = 60;
const HEIGHT = VOLUME_TOP + VOLUME_HEIGHT + 22;
const LEFT = 70;
const PLOT = WIDTH - LEFT - 8;
/** Prices whose highest is more than so many times the lowest are drawn by their logarithm. */
const LOG_RANGE = 4;

/** By kind, of spans and of points. */
const COLOURS: Readonly<Partial<Record<FaultKind, string>>> = {
  gap: 'var(--worse)',
  outlier: 'var(--worse)',
  jump: 'var(--baseline-3)',
  'still-price': 'var(--baseline-5)',
  'no-volume': 'var(--baseline-1)',
  'step-change': 'var(--agent)',
};

/** An `svg` element; every fault that has a place is marked in it, with its sentence as its title. */
export function candlePicture(candles: Candles, faults: readonly QualityFault[]): string {
  const { timeMs, length, volume } = candles;
  const firstMs = timeMs[0];
  const spanMs = Math.max(1, timeMs[length - 1] - firstMs);
  const xOf = (time: number) => LEFT + ((time - firstMs) / spanMs) * PLOT;
  const columns = gather(candles, (time) =>
    Math.min(PLOT - 1, Math.floor(((time - firstMs) / spanMs) * PLOT)),
  );
  const used = columns.flatMap((column) => (column === undefined ? [] : [column]));
  const top = Math.max(...used.map(({ high }) => high));
  const bottom = Math.min(...used.map(({ low }) => low));
  const byLog = top / bottom > LOG_RANGE;
  const scale = (price: number) => (byLog ? log(price) : price);
  const height = scale(top) - scale(bottom) || 1;
  const yOf = (price: number) => 8 + (1 - (scale(price) - scale(bottom)) / height) * (PRICE_HEIGHT - 16);
  const mostVolume = Math.max(...used.map((column) => column.volume)) || 1;
  const bars = columns
    .map((column, x) =>
      column === undefined
        ? ''
        : `M${LEFT + x + 0.5} ${yOf(column.high).toFixed(1)}V${(yOf(column.low) + 1).toFixed(1)}`,
    )
    .join('');
  const volumes = columns
    .map((column, x) => {
      const size = column === undefined ? 0 : (column.volume / mostVolume) * VOLUME_HEIGHT;
      return size > 0
        ? `M${LEFT + x + 0.5} ${VOLUME_TOP + VOLUME_HEIGHT}V${(VOLUME_TOP + VOLUME_HEIGHT - size).toFixed(1)}`
        : '';
    })
    .join('');
  const labels = [top, byLog ? Math.sqrt(top * bottom) : (top + bottom) / 2, bottom]
    .map((price) => text(LEFT - 6, yOf(price) + 4, String(Number(price.toPrecision(6))), 'end'))
    .join('');
  const times = [0, 0.5, 1]
    .map((part) =>
      text(
        LEFT + part * PLOT,
        HEIGHT - 6,
        shortTime(firstMs + Math.round(part * spanMs)),
        part === 0 ? 'start' : part === 1 ? 'end' : 'middle',
      ),
    )
    .join('');
  const closeAt = (time: number) => candles.close[lastRowUpTo(timeMs, time)];
  const marks = faults.map((fault) => mark(fault, xOf, (time) => yOf(closeAt(time)))).join('\n');
  const hasVolume = volume.some((size) => size > 0);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Price and volume by time, with what is wrong marked" style="width:100%;height:auto">
${marks}
<path d="${bars}" stroke="var(--ink)" fill="none"/>
${hasVolume ? `<path d="${volumes}" stroke="var(--baseline-1)" fill="none"/>` : ''}
${labels}${times}
</svg>`;
}

interface PictureColumn {
  high: number;
  low: number;
  volume: number;
}

/** Bars that share a column of the picture; undefined where none is. */
function gather(
  { timeMs, high, low, volume, length }: Candles,
  columnOf: (timeMs: number) => number,
): (PictureColumn | undefined)[] {
  const columns: (PictureColumn | undefined)[] = Array(Math.round(PLOT)).fill(undefined);
  for (let row = 0; row < length; row++) {
    const x = columnOf(timeMs[row]);
    const column = columns[x];
    if (column === undefined) columns[x] = { high: high[row], low: low[row], volume: volume[row] };
    else {
      column.high = Math.max(column.high, high[row]);
      column.low = Math.min(column.low, low[row]);
      column.volume += volume[row];
    }
  }
  return columns;
}

function mark(
  { kind, text: sentence, fromMs, toMs }: QualityFault,
  xOf: (timeMs: number) => number,
  yOf: (timeMs: number) => number,
): string {
  const colour = COLOURS[kind];
  if (colour === undefined || fromMs === undefined || toMs === undefined) return '';
  const title = `<title>${escapeHtml(sentence)}</title>`;
  const x = xOf(fromMs);
  if (kind === 'outlier' || kind === 'jump') {
    return `<circle data-fault="${kind}" cx="${x.toFixed(1)}" cy="${yOf(fromMs).toFixed(1)}" r="6" fill="none" stroke="${colour}" stroke-width="2">${title}</circle>`;
  }
  if (kind === 'step-change') {
    return `<line data-fault="${kind}" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="0" y2="${PRICE_HEIGHT}" stroke="${colour}" stroke-dasharray="4 3">${title}</line>`;
  }
  const width = Math.max(2, xOf(toMs) - x).toFixed(1);
  const [y, height] = kind === 'no-volume' ? [VOLUME_TOP, VOLUME_HEIGHT] : [0, PRICE_HEIGHT];
  return `<rect data-fault="${kind}" x="${x.toFixed(1)}" y="${y}" width="${width}" height="${height}" fill="${colour}" opacity="0.25">${title}</rect>`;
}

function lastRowUpTo(timeMs: Float64Array, time: number): number {
  let low = 0;
  let high = timeMs.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (timeMs[middle] <= time) low = middle;
    else high = middle;
  }
  return low;
}

const text = (x: number, y: number, label: string, anchor: string) =>
  `<text x="${x}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-size="11" fill="var(--muted)">${escapeHtml(label)}</text>`;
