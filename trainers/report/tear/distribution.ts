/** Draws how often returns of each size came, as a picture without a script. */
import type { Histogram } from '../../../market/statistics/histogram.ts';
import { percentText } from '../text.ts';

const WIDTH = 360;
const HEIGHT = 130;
const BOTTOM = 18;

export function distributionPicture({ edges, counts }: Histogram): string {
  const most = counts.reduce((largest, count) => Math.max(largest, count), 1);
  const low = edges[0];
  const high = edges[edges.length - 1];
  const width = high - low;
  const xOf = (value: number): number => (width > 0 ? ((value - low) / width) * WIDTH : WIDTH / 2);
  const bars = Array.from(counts, (count, b) => {
    if (count === 0) return '';
    const height = Math.max(1, (count / most) * (HEIGHT - BOTTOM - 4));
    const x = xOf(edges[b]);
    const barWidth = Math.max(1, (width > 0 ? xOf(edges[b + 1]) - x : 8) - 1);
    const isAround = edges[b] < 0 && edges[b + 1] > 0;
    const colour = isAround ? 'var(--baseline-1)' : edges[b] < 0 ? 'var(--loss)' : 'var(--gain)';
    return `<rect x="${x.toFixed(1)}" y="${(HEIGHT - BOTTOM - height).toFixed(1)}" width="${barWidth.toFixed(1)}" height="${height.toFixed(1)}" fill="${colour}"><title>${percentText(edges[b], 2)} to ${percentText(edges[b + 1], 2)}: ${count}</title></rect>`;
  });
  const zero =
    low < 0 && high > 0
      ? `<line x1="${xOf(0).toFixed(1)}" x2="${xOf(0).toFixed(1)}" y1="0" y2="${HEIGHT - BOTTOM}" stroke="var(--muted)" stroke-dasharray="3 3"/>`
      : '';
  const label = (x: number, text: string, anchor: string) =>
    `<text x="${x}" y="${HEIGHT - 4}" text-anchor="${anchor}" font-size="11" fill="var(--muted)">${text}</text>`;
  const words = `Returns of bars from ${percentText(low, 2)} to ${percentText(high, 2)}; the most in one bin ${most}`;
  return `<svg class="picture" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${words}">${bars.join('')}${zero}${label(0, percentText(low, 2), 'start')}${label(WIDTH, percentText(high, 2), 'end')}</svg>`;
}
