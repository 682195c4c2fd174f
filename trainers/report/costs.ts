/** Renders what is left of a result at other costs: heat maps of net return and Sharpe ratio, break-even fees, a capacity curve. */
import { escapeHtml, pageHead } from './html.ts';
import { REPORT_STYLE } from './style.ts';

/** Below this a year is far away. */
const SHORT_DAYS = 30;

/** One pass at other costs; means over the seeds. */
export interface ReportCostCell {
  /** Fraction of notional. */
  readonly fee: number;
  /** Half of the spread, fraction of price. */
  readonly slippage: number;
  /** In `latencyUnit`. */
  readonly latency: number;
  /** Of the test span, fraction. */
  readonly netReturn: number;
  /** A year. */
  readonly sharpe: number;
}

export interface ReportCapacity {
  /** What makes capital dear: `square-root impact, coefficient 1`. */
  readonly means: string;
  readonly points: readonly {
    /** Quote units. */
    readonly capital: number;
    readonly netReturn: number;
    readonly sharpe: number;
  }[];
  /** Capital at which half of what the smallest earns is left. */
  readonly halfAt?: number;
  readonly zeroAt?: number;
  /** Why there is none. */
  readonly without?: string;
}

/** `costs.json` */
export interface ReportCosts {
  readonly env: string;
  readonly agent: string;
  /** Of the checkpoint of each run. */
  readonly checkpointSteps: readonly number[];
  /** Of the test span. */
  readonly days: number;
  /** As the run was trained with. */
  readonly base: Pick<ReportCostCell, 'fee' | 'slippage' | 'latency'>;
  readonly latencyUnit: 'ms' | 'bars';
  /** Whether half-spreads were changed; on books they are recorded. */
  readonly hasSlippage: boolean;
  /** Why fees change nothing, where they do not. */
  readonly feeNote?: string;
  readonly cells: readonly ReportCostCell[];
  /** The fee at which nothing is left; null: it loses without fees too. */
  readonly breakEven: readonly {
    readonly slippage: number;
    readonly latency: number;
    readonly fee: number | null;
    /** It is above the given one. */
    readonly isAbove?: boolean;
  }[];
  readonly capacity: ReportCapacity;
}

/** A whole document that needs no network. */
export function renderCostsPage(costs: ReportCosts, title: string, details: readonly string[]): string {
  return `${pageHead(title, [REPORT_STYLE], false)}
<body>
<main>
<header><h1>${escapeHtml(title)}</h1></header>
${costsSection({ costs })}
<section class="caveats"><h2>How it was made</h2><ul>${details.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></section>
</main>
</body>
</html>
`;
}

/** Empty where there are none. */
export function costsSection({ costs }: { readonly costs?: ReportCosts }): string {
  if (costs === undefined) return '';
  const { cells, capacity, feeNote = '' } = costs;
  const latencies = [...new Set(cells.map(({ latency }) => latency))];
  const maps = latencies.map(
    (latency) =>
      `<div><h3>${escapeHtml(latencyText(costs, latency))}</h3>${heatMap(costs, latency, 'netReturn', returnText)}${heatMap(costs, latency, 'sharpe', plain)}</div>`,
  );
  return `<section id="costs">
<h2>At other costs</h2>
<p class="note">The same agent on the test span, traded again in each cell: net return, then Sharpe ratio a year. The run's own costs are framed.${escapeHtml(shortSpanNote(costs))}</p>
<div class="model">${maps.join('\n')}</div>
${feeNote && `<p class="note">${escapeHtml(feeNote)}</p>`}<h3>Break-even fee</h3>
<ul>${breakEvenSentences(costs)
    .map((sentence) => `<li>${escapeHtml(sentence)}</li>`)
    .join('')}</ul>
<h3>Capacity</h3>
<p class="note">${escapeHtml(capacitySentence(capacity))}</p>
${capacityTable(capacity)}
</section>`;
}

/** Empty for a span of a month or more. */
export function shortSpanNote({ days }: Pick<ReportCosts, 'days'>): string {
  if (days >= SHORT_DAYS) return '';
  return ` The span is ${days < 1 ? `${(24 * days).toFixed(1)} hours` : `${days.toFixed(1)} days`} long: a Sharpe ratio a year is no forecast.`;
}

/** A sentence for each pair of half-spread and latency. */
export function breakEvenSentences(costs: ReportCosts): string[] {
  return costs.breakEven.map(({ slippage, latency, fee, isAbove }) => {
    const at = `${costs.hasSlippage ? `at a half-spread of ${basisPoints(slippage)} and ` : 'at '}${latencyText(costs, latency)}`;
    if (fee === null) return `No fee is low enough ${at}: it does not earn without fees either.`;
    return `${isAbove ? 'Above ' : ''}${basisPoints(fee)} ${at}.`;
  });
}

export function capacitySentence({ means, points, halfAt, zeroAt, without }: ReportCapacity): string {
  if (without !== undefined) return `No capacity curve: ${without}.`;
  if (!(points[0]?.netReturn > 0))
    return `By ${means}: it earns nothing with the smallest capital, so there is nothing to scale.`;
  const largest = points[points.length - 1];
  const half =
    halfAt === undefined
      ? `more than half of it is left at ${money(largest.capital)}`
      : `half of it is left at ${money(halfAt)}`;
  const zero = zeroAt === undefined ? '' : `, nothing at ${money(zeroAt)}`;
  return `By ${means}: ${returnText(points[0].netReturn)} with ${money(points[0].capital)}; ${half}${zero}.`;
}

/** `no latency`, `250 ms late`, `1 bar late` */
export function latencyText({ latencyUnit }: Pick<ReportCosts, 'latencyUnit'>, latency: number): string {
  if (latency === 0) return 'no latency';
  return latencyUnit === 'ms' ? `${latency} ms late` : `${latency} ${latency === 1 ? 'bar' : 'bars'} late`;
}

/** Green for gains, red for losses, as strong as the largest of either in all maps. */
function heatMap(
  { cells, base, hasSlippage }: ReportCosts,
  latency: number,
  key: 'netReturn' | 'sharpe',
  show: (value: number) => string,
): string {
  const finite = cells.map((cell) => Math.abs(cell[key])).filter(Number.isFinite);
  const largest = Math.max(1e-9, ...finite);
  const at = cells.filter((cell) => cell.latency === latency);
  const slippages = [...new Set(at.map(({ slippage }) => slippage))];
  const fees = [...new Set(at.map(({ fee }) => fee))];
  const cellOf = (fee: number, slippage: number): string => {
    const value = at.find((cell) => cell.fee === fee && cell.slippage === slippage)![key];
    const strength = Number.isFinite(value) ? (Math.abs(value) / largest) * 0.7 : 0;
    const colour = value >= 0 ? '34, 139, 84' : '200, 60, 50';
    const isBase = fee === base.fee && slippage === base.slippage && latency === base.latency;
    const frame = isBase ? ';outline:2px solid var(--ink);outline-offset:-2px' : '';
    return `<td style="background:rgba(${colour}, ${strength.toFixed(3)})${frame}">${show(value)}</td>`;
  };
  const name = key === 'netReturn' ? 'Net return' : 'Sharpe ratio';
  const heads = slippages.map(
    (slippage) =>
      `<th scope="col">${hasSlippage ? `half-spread ${basisPoints(slippage)}` : 'recorded spread'}</th>`,
  );
  const rows = fees.map(
    (fee) =>
      `<tr><th scope="row">fee ${basisPoints(fee)}</th>${slippages.map((slippage) => cellOf(fee, slippage)).join('')}</tr>`,
  );
  return `<div class="table-scroll" tabindex="0"><table class="heat"><thead><tr><th scope="col">${name}</th>${heads.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function capacityTable({ points }: ReportCapacity): string {
  if (points.length === 0) return '';
  const most = Math.max(1e-9, ...points.map(({ netReturn }) => Math.abs(netReturn)));
  const bars = points.map(({ capital, netReturn, sharpe }) => {
    const width = Math.min(100, (100 * Math.abs(netReturn)) / most).toFixed(1);
    const look = netReturn < 0 ? ' class="against"' : '';
    return `<div><span>${money(capital)}</span><i${look} style="width:${width}%"></i><output>${returnText(netReturn)}, Sharpe ${plain(sharpe)}</output></div>`;
  });
  return `<div class="bars">${bars.join('\n')}</div>`;
}

const basisPoints = (rate: number): string => `${Number((rate * 1e4).toPrecision(4))} bp`;
/** In basis points where a percentage would show nothing. */
export function returnText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const isSmall = value !== 0 && Math.abs(value) < 0.005;
  const text = isSmall ? `${Number((value * 1e4).toPrecision(3))} bp` : `${(100 * value).toFixed(1)} %`;
  return text.replace('-', '−');
}
const plain = (value: number): string => (Number.isFinite(value) ? value.toFixed(2).replace('-', '−') : '–');
const money = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en');
