/** Renders a page of figures and tables that needs no network: head, verdict, sections, and how it was made. */
import { embedJson, type ReportChartData } from '../data.ts';
import { escapeHtml, pageHead, verdictBox } from '../html.ts';
import { LINE_CHARTS, LINE_CHARTS_STYLE, libraryText } from '../libraries.ts';
import { REPORT_SCRIPT } from '../script.ts';
import { REPORT_STYLE } from '../style.ts';
import { figureData, figurePlace, type ReportFigure } from './figure.ts';

export interface FigurePage {
  readonly title: string;
  readonly subtitle?: string;
  readonly verdict?: { readonly text: string; readonly tone: 'edge' | 'no-edge' | 'worse' };
  readonly sections: readonly FigureSection[];
  /** How it was made, a line each. */
  readonly details: readonly string[];
}

export interface FigureSection {
  readonly title: string;
  readonly note?: string;
  /** HTML that is put in as it is. */
  readonly html?: string;
  readonly figures?: readonly ReportFigure[];
}

/** A whole document. */
export function renderFigurePage({ title, subtitle, verdict, sections, details }: FigurePage): string {
  const figures = sections.flatMap((section) => section.figures ?? []);
  const data: ReportChartData = {
    learning: { steps: [], median: [], seeds: [] },
    spans: [],
    curves: [],
    figures: figures.map(figureData),
  };
  const scripts =
    figures.length === 0
      ? ''
      : `<script type="application/json" id="report-data">${embedJson(data)}</script>
<script>${libraryText(LINE_CHARTS)}</script>
<script>${REPORT_SCRIPT}</script>
`;
  const body = sections.map((section) => {
    const places = (section.figures ?? []).map((figure) => figurePlace(figure, figures.indexOf(figure)));
    const note = section.note === undefined ? '' : `<p class="note">${escapeHtml(section.note)}</p>`;
    return `<section><h2>${escapeHtml(section.title)}</h2>\n${note}${section.html ?? ''}${places.join('\n')}</section>`;
  });
  const subtitleText = subtitle === undefined ? '' : `<p class="subtitle">${escapeHtml(subtitle)}</p>`;
  return `${pageHead(title, [libraryText(LINE_CHARTS_STYLE), REPORT_STYLE], figures.length > 0)}
<body>
<main>
<header><h1>${escapeHtml(title)}</h1>${subtitleText}${verdict === undefined ? '' : verdictBox(verdict)}</header>
${body.join('\n')}
<section class="caveats"><h2>How it was made</h2><ul>${details.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></section>
</main>
${scripts}</body>
</html>
`;
}

/** A table that scrolls within its margins. @param head of all columns; the first cell of a row is its name */
export function scrollTable(
  label: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = (tag: string, texts: readonly string[]) =>
    texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join('');
  const headings = head.map((text) =>
    text === '' ? '<td></td>' : `<th scope="col">${escapeHtml(text)}</th>`,
  );
  const body = rows.map(
    ([name, ...values]) => `<tr><th scope="row">${escapeHtml(name)}</th>${cells('td', values)}</tr>`,
  );
  return `<div class="table-scroll" tabindex="0" role="region" aria-label="${escapeHtml(label)}"><table><thead><tr>${headings.join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>`;
}
