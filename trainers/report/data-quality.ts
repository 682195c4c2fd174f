/** Renders the report on files of candles: how each was understood, a picture, what is wrong, and its figures. */
import type { Candles } from '../../market/candles/candles.ts';
import { type DataQuality, describeCandles, formatDataQuality } from '../../market/candles/data-quality.ts';
import { type FaultKind, listQualityFaults, type QualityFault } from '../../market/candles/quality-faults.ts';
import { candlePicture } from './candle-picture.ts';
import { escapeHtml, pageHead, verdictBox } from './html.ts';
import { REPORT_STYLE } from './style.ts';

export interface QualityReportSource {
  /** Names the file. */
  readonly title: string;
  /** How the file was understood, one line. */
  readonly understoodAs: string;
  readonly notes: readonly string[];
  readonly series: readonly { readonly symbol: string | undefined; readonly candles: Candles }[];
}

/** Series that are drawn; the others are counted. */
const MAX_SERIES = 50;

const WORDS: Readonly<Record<FaultKind, string>> = {
  'dead-feed': 'Dead feed',
  jump: 'Jumps',
  outlier: 'Outliers',
  gap: 'Missing bars',
  'still-price': 'Price stands still',
  'no-volume': 'No volume',
  'step-change': 'Time frames',
  'off-grid': 'Off the grid',
  'no-direction': 'No direction',
  note: 'As the file was read',
};

/** A whole document that needs no network and runs no script. */
export function renderQualityReport({ title, understoodAs, notes, series }: QualityReportSource): string {
  const shown = series.slice(0, MAX_SERIES).map(({ symbol, candles }) => {
    const quality = describeCandles(candles);
    return { symbol, candles, quality, faults: listQualityFaults(quality, notes) };
  });
  const numFaults = shown.reduce((sum, { faults }) => sum + faults.length, 0);
  const text =
    numFaults === 0
      ? 'Nothing found: none of the faults that are looked for is in these data.'
      : `${numFaults} to look at: each is marked in the picture where it has a place, and said below it.`;
  const more =
    series.length > MAX_SERIES ? `<p>${series.length - MAX_SERIES} more series are not shown.</p>` : '';
  return `${pageHead(`Data quality: ${title}`, [REPORT_STYLE], false)}
<body>
<main>
<header><h1>${escapeHtml(title)}</h1>
<p class="subtitle">${escapeHtml(understoodAs)}</p>
${verdictBox({ text, tone: numFaults === 0 ? 'no-edge' : 'worse' })}</header>
${shown.map(section).join('\n')}
${more}
<section class="caveats"><h2>How the file was read</h2><ul>${notes.map(item).join('') || '<li>As it stands.</li>'}</ul></section>
</main>
</body>
</html>
`;
}

function section({
  symbol,
  candles,
  quality,
  faults,
}: {
  symbol: string | undefined;
  candles: Candles;
  quality: DataQuality;
  faults: readonly QualityFault[];
}): string {
  const kinds = [...new Set(faults.map(({ kind }) => kind))];
  const lists = kinds.map((kind) => {
    const own = faults.filter((fault) => fault.kind === kind);
    return `<h3>${WORDS[kind]}</h3><ul data-kind="${kind}">${own.map((fault) => item(fault.text)).join('')}</ul>`;
  });
  return `<section><h2>${escapeHtml(symbol ?? 'Series')}</h2>
<figure>${candlePicture(candles, faults)}</figure>
${lists.join('\n')}
<h3>Figures</h3><pre style="overflow-x:auto" tabindex="0">${escapeHtml(formatDataQuality(quality))}</pre></section>`;
}

const item = (sentence: string): string => `<li>${escapeHtml(sentence)}</li>`;
