/** Renders the tear sheets of a report: for each span the one agent that is followed, with its round trips. */
import type { PeriodReturn } from '../../../market/statistics/calendar-returns.ts';
import { followedCurve, spansInReadingOrder } from '../cast.ts';
import { isDaily } from '../data.ts';
import { escapeHtml } from '../html.ts';
import type { Report, ReportSpan } from '../report.ts';
import { durationText, fixedText, NOTHING, percentText, timeText } from '../text.ts';
import { distributionPicture } from './distribution.ts';
import { sheetOf, type TearSheet } from './sheet.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Empty where no span has an account of three bars. */
export function tearSection(report: Report): string {
  const parts = spansInReadingOrder(report).map((span, i) => {
    const curve = followedCurve(report, span);
    const sheet = curve && sheetOf(span, curve);
    if (curve === undefined || sheet === undefined) return '';
    return `<details class="tear" data-tear="${i}"${i === 0 ? ' open' : ''}><summary>${escapeHtml(span.name)}: ${escapeHtml(curve.name)}</summary>
${months(sheet, span.name)}
<div class="model">
${years(sheet, span)}
${drawdownTable(sheet, span)}
${distribution(sheet)}
${besideMarket(sheet)}
</div>
${sheet.hasYearly ? rolling(sheet) : ''}
${candles(span)}
${trips(curve.trips?.length ?? 0, span.name)}
</details>`;
  });
  if (parts.every((part) => part === '')) return '';
  return `<section id="tear">
<h2>Tear sheet</h2>
<p class="note">One agent, followed through all spans: the seed whose growth is the median where the agent has not learnt. Figures a bar are of the span's bars.</p>
${parts.join('\n')}
</section>`;
}

/** Months as a heat map: green for gains, red for losses, as strong as the largest of either. */
function months({ months: given, years: sums }: TearSheet, span: string): string {
  if (given.length === 0) return '';
  const largest = Math.max(1e-9, ...given.map(({ totalReturn }) => Math.abs(totalReturn)));
  const cell = (period: PeriodReturn | undefined): string => {
    if (period === undefined) return '<td></td>';
    const { totalReturn } = period;
    const strength = Math.min(60, (60 * Math.abs(totalReturn)) / largest);
    const colour = totalReturn >= 0 ? 'var(--gain)' : 'var(--loss)';
    return `<td style="background:color-mix(in srgb, ${colour} ${strength.toFixed(0)}%, var(--paper))">${percentText(totalReturn)}</td>`;
  };
  const rows = sums.map(({ own }) => {
    const cells = MONTHS.map((_, m) =>
      cell(given.find(({ year, month }) => year === own.year && month === m + 1)),
    );
    return `<tr><th scope="row">${own.year}</th>${cells.join('')}<td class="sum">${percentText(own.totalReturn)}</td></tr>`;
  });
  const head = ['Year', ...MONTHS, 'Whole year'].map((name) => `<th scope="col">${name}</th>`).join('');
  return `<h3>Monthly returns</h3>
<div class="table-scroll" tabindex="0" role="region" aria-label="Monthly returns, ${escapeHtml(span)}"><table class="heat months"><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function years({ years: given }: TearSheet, span: ReportSpan): string {
  if (given.length === 0) return '';
  const rows = given.map(({ own, market }) => [
    `${own.year}`,
    percentText(own.totalReturn),
    percentText(market?.totalReturn ?? Number.NaN),
    percentText(own.totalReturn - (market?.totalReturn ?? Number.NaN)),
    percentText(own.maxDrawdown),
  ]);
  return table('Years', span.name, ['Year', 'Return', 'Buy-and-hold', 'Difference', 'Max drawdown'], rows);
}

function drawdownTable({ drawdowns }: TearSheet, span: ReportSpan): string {
  if (drawdowns.length === 0) return '';
  const { timeMs } = span;
  const daily = isDaily(span);
  const lastMs = timeMs[timeMs.length - 1];
  const rows = drawdowns.map(({ peak, trough, recovery, depth }) => [
    timeText(timeMs[peak], daily),
    percentText(depth),
    timeText(timeMs[trough], daily),
    recovery === undefined ? 'not yet' : timeText(timeMs[recovery], daily),
    durationText((recovery === undefined ? lastMs : timeMs[recovery]) - timeMs[peak]),
  ]);
  return table('Worst drawdowns', span.name, ['Peak', 'Depth', 'Trough', 'Recovered', 'Length'], rows);
}

function distribution({ distribution: counts, returns }: TearSheet): string {
  const facts: readonly (readonly [string, string])[] = [
    ['Mean a bar', percentText(returns.mean, 3)],
    ['Deviation a bar', percentText(returns.deviation, 3)],
    ['Best, worst bar', `${percentText(returns.best, 2)}, ${percentText(returns.worst, 2)}`],
    ['Bars above 0', percentText(returns.shareAbove)],
    ['Skew, kurtosis', `${fixedText(returns.skew)}, ${fixedText(returns.kurtosis)}`],
    ['Value at risk, 5%', percentText(returns.valueAtRisk, 2)],
    ['Mean beyond it', percentText(returns.conditionalValueAtRisk, 2)],
  ];
  return `<div><h3>Returns of bars</h3>${distributionPicture(counts)}${factList(facts)}</div>`;
}

function besideMarket({ market, hasYearly }: TearSheet): string {
  if (market === undefined) return '';
  return `<div><h3>Beside buy-and-hold</h3>${factList([
    ...(hasYearly ? [['Alpha a year', percentText(market.alpha)] as const] : []),
    ['Beta', fixedText(market.beta)],
    ['Correlation', fixedText(market.correlation)],
  ])}</div>`;
}

function rolling({ rolling: { window } }: TearSheet): string {
  return `<figure data-chart="rolling"><figcaption><b>Rolling Sharpe ratio and volatility</b><span>a year, of the last ${window} bars</span><span class="tools"><output class="at"></output></span></figcaption><div class="readout"></div><div class="plot"></div></figure>`;
}

function candles(span: ReportSpan): string {
  const what = span.candles === undefined ? 'Price' : 'Candles';
  return `<figure data-chart="candles"><figcaption><b>${what} and fills</b><span class="about"></span></figcaption><div class="plot tall" role="img" aria-label="${what} and fills" tabindex="0"></div></figure>`;
}

function trips(count: number, span: string): string {
  if (count === 0) return '';
  return `<div class="trips"><h3>Round trips</h3><p class="note about"></p><div class="table-scroll" tabindex="0" role="region" aria-label="Round trips, ${escapeHtml(span)}"></div>
<p class="buttons"><button type="button" data-more hidden>Show more</button><button type="button" data-csv="trips">Round trips as CSV</button></p></div>`;
}

function factList(facts: readonly (readonly [label: string, value: string])[]): string {
  const items = facts.map(([label, value]) => `<dt>${label}</dt><dd>${value}</dd>`);
  return `<dl class="facts">${items.join('')}</dl>`;
}

function table(
  title: string,
  span: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const body = rows.map(
    ([name, ...cells]) =>
      `<tr><th scope="row">${name}</th>${cells.map((cell) => `<td>${cell || NOTHING}</td>`).join('')}</tr>`,
  );
  const columns = head.map((cell) => `<th scope="col">${cell}</th>`).join('');
  return `<div><h3>${title}</h3><div class="table-scroll" tabindex="0" role="region" aria-label="${title}, ${escapeHtml(span)}"><table><thead><tr>${columns}</tr></thead><tbody>${body.join('\n')}</tbody></table></div></div>`;
}
