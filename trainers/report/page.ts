/**
 * Renders the page's skeleton: its sections in reading order, with the style, the charts' library and the data inlined.
 */
import { spansInReadingOrder } from './cast.ts';
import { costsSection } from './costs.ts';
import { embedJson, type ReportChartData } from './data.ts';
import { modelSection } from './document.ts';
import { escapeHtml, pageHead, verdictBox } from './html.ts';
import { CANDLE_CHARTS, LINE_CHARTS, LINE_CHARTS_STYLE, libraryText } from './libraries.ts';
import type { Report, ReportSpan } from './report.ts';
import { REPORT_SCRIPT } from './script.ts';
import { REPORT_STYLE } from './style.ts';
import { metricsTable } from './table.ts';
import { tearSection } from './tear/section.ts';

/** The whole document. */
export function renderPage(report: Report, charts: ReportChartData): string {
  return `${pageHead(report.title, [libraryText(LINE_CHARTS_STYLE), REPORT_STYLE], true)}
<body>
<main>
${[header(report), trials(report), modelSection(report), metrics(report), costsSection(report), learning(charts), spanCharts(report, charts), tearSection(report), making(report)].join('\n')}
</main>
<script type="application/json" id="report-data">${embedJson(charts)}</script>
<script>${libraryText(LINE_CHARTS)}</script>
${charts.spans.length === 0 ? '' : `<script>${libraryText(CANDLE_CHARTS)}</script>`}
<script>${REPORT_SCRIPT}</script>
</body>
</html>
`;
}

function header({ title, subtitle, verdict }: Report): string {
  return `<header>
<h1>${escapeHtml(title)}</h1>
<p class="subtitle">${escapeHtml(subtitle)}</p>
${verdictBox(verdict)}
</header>`;
}

function trials({ trials: sentences = [] }: Report): string {
  if (sentences.length === 0) return '';
  const items = sentences.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join('');
  return `<section id="trials">\n<h2>How many trials led here</h2>\n<ul>${items}</ul>\n</section>`;
}

function metrics(report: Report): string {
  if (report.spans.length === 0) return '';
  const tables = spansInReadingOrder(report).map(
    (span, i) =>
      `<div${i === 0 ? ' class="first"' : ''}>${spanHead(span, span.description)}\n${metricsTable(report, span)}</div>`,
  );
  return `<section id="metrics">\n<h2>Results after costs</h2>\n${tables.join('\n')}\n<p class="buttons"><button type="button" data-csv="metrics">Results as CSV</button></p>\n</section>`;
}

function learning({ learning: { steps, seeds } }: ReportChartData): string {
  if (steps.length === 0) return '';
  const numSeeds = seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`;
  return `<section id="learning">
<h2>Learning</h2>
<figure data-chart="learning"><figcaption><b>Mean episode return</b><span>by environment steps, ${numSeeds}</span><span class="tools"><output class="at"></output></span></figcaption>
<div class="readout" style="--cell:124px"></div><div class="plot" role="img" aria-label="Mean episode return by environment steps" tabindex="0"></div></figure>
</section>`;
}

function spanCharts(report: Report, charts: ReportChartData): string {
  if (report.spans.length === 0) return '';
  const panels = spansInReadingOrder(report).map((span, i) => {
    const { numBars, time } = charts.spans[i];
    const thinned =
      time.length === numBars
        ? ''
        : `; ${time.length.toLocaleString('en-US')} of ${numBars.toLocaleString('en-US')} bars drawn, extremes kept`;
    return `<div class="span${i === 0 ? ' first' : ''}" data-span="${i}">${spanHead(span, '')}
<div class="readout"></div>
${figure('growth', 'Equity', `growth of 1, after costs${thinned}`, '<output class="at"></output><button type="button" class="switch" data-log aria-pressed="false">log scale</button>')}
${figure('drawdown', 'Drawdown', 'below the highest equity so far', '')}
${figure('exposure', 'Price and exposure', 'held fraction of equity, signed', '<select aria-label="Exposure of"></select>')}
<p class="buttons"><button type="button" data-csv="curves">Curves as CSV</button></p>
</div>`;
  });
  return `<section id="charts">
<h2>Equity, drawdown, exposure</h2>
<p class="note live">Drag to zoom, double-click to zoom out; arrow keys move the cursor of a chart that has the focus. Select a name to hide its line. Times are UTC.</p>
<div class="charts">${panels.join('\n')}</div>
</section>`;
}

function figure(chart: string, title: string, explanation: string, tools: string): string {
  const toolbar = tools && `<span class="tools">${tools}</span>`;
  return `<figure data-chart="${chart}"><figcaption><b>${title}</b><span>${explanation}</span>${toolbar}</figcaption><div class="plot" role="img" aria-label="${title}: ${explanation}" tabindex="0"></div></figure>`;
}

function making({ details, caveats }: Report): string {
  const facts = details.map(({ label, value, code }) => {
    const text = escapeHtml(value);
    return `<dt>${escapeHtml(label)}</dt><dd>${code ? `<code>${text}</code>` : text}</dd>`;
  });
  const list = caveats.map((caveat) => `<li>${escapeHtml(caveat)}</li>`).join('');
  return `<section id="making">
<h2>How it was made</h2>
<dl class="facts">${facts.join('\n')}</dl>
${list && `<div class="caveats"><h3>Caveats</h3><ul>${list}</ul></div>`}
</section>`;
}

function spanHead({ name, seen, chosenBy, timeMs }: ReportSpan, description: string): string {
  const day = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10);
  const when = `${day(timeMs[0])} to ${day(timeMs[timeMs.length - 1])} · ${timeMs.length.toLocaleString('en-US')} bars`;
  const badge = seen
    ? '<span class="badge">seen in training</span>'
    : chosenBy
      ? '<span class="badge">the checkpoint was chosen by it</span>'
      : '<span class="badge unseen">not seen in training</span>';
  const about = description && `<p>${escapeHtml(description)}</p>`;
  return `<div class="span-head"><h3>${escapeHtml(name)}</h3>${badge}<span class="when">${when}</span>${about}</div>`;
}
