/** Renders the metrics table of one span: the agent's median, its seeds, the baselines. */

import { agentCurves, agentName, curveColours } from './cast.ts';
import { medianOf } from './data.ts';
import { escapeHtml } from './html.ts';
import type { Report, ReportCurve, ReportMetric, ReportSpan } from './report.ts';

/** More seeds than this start folded away. */
const MAX_OPEN_SEEDS = 10;

/** Rows are traders, columns `report.metrics`; the seeds of an agent are the rows under their median. */
export function metricsTable(report: Report, span: ReportSpan): string {
  const colourOf = curveColours(report);
  const write = new Map(report.metrics.map((metric) => [metric.key, columnFormat(metric, span.curves)]));
  const cells = (metricOf: (key: string) => number | undefined) =>
    report.metrics.map(({ key }) => `<td>${write.get(key)!(metricOf(key))}</td>`).join('');
  const row = (curve: ReportCurve, kind: string) =>
    `<tr class="${kind}"><th scope="row">${swatch(colourOf(curve))}${escapeHtml(curve.name)}</th>${cells((key) => curve.metrics[key])}</tr>`;

  const agents = agentCurves(span);
  const baselines = span.curves.filter((curve) => curve.kind === 'baseline');
  const open = agents.length <= MAX_OPEN_SEEDS;
  const bodies: string[] = [];
  if (agents.length > 1) {
    const label = `${escapeHtml(agentName(agents[0]))}, median of ${agents.length} seeds`;
    const toggle = `<button type="button" class="fold" aria-expanded="${open}">seeds</button>`;
    const median = cells((key) => medianOf(agents.map((curve) => curve.metrics[key])));
    bodies.push(
      `<tbody><tr class="lead"><th scope="row">${swatch('--agent')}${label} ${toggle}</th>${median}</tr></tbody>`,
      `<tbody class="seeds"${open ? '' : ' hidden'}>${agents.map((curve) => row(curve, 'seed')).join('')}</tbody>`,
    );
  } else if (agents.length === 1) {
    bodies.push(`<tbody>${row(agents[0], 'lead')}</tbody>`);
  }
  bodies.push(
    `<tbody class="baselines">${baselines.map((curve) => row(curve, 'baseline')).join('')}</tbody>`,
  );

  const head = report.metrics.map(({ label }) => `<th scope="col">${escapeHtml(label)}</th>`).join('');
  return `<div class="table-scroll" tabindex="0"><table>
<thead><tr><th scope="col"><span class="hidden-label">Trader</span></th>${head}</tr></thead>
${bodies.join('\n')}
</table></div>`;
}

/** Writes a column's values with the same number of decimals, as many as its largest value calls for. */
export function columnFormat(
  { key, format }: ReportMetric,
  curves: readonly Pick<ReportCurve, 'metrics'>[],
): (value: number | undefined) => string {
  const scale = format === 'percent' ? 100 : 1;
  const sizes = curves.map(({ metrics }) => Math.abs(metrics[key] * scale)).filter(Number.isFinite);
  const largest = Math.max(0, ...sizes);
  const digits = decimals(format, largest);
  const formatter = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: 'negative',
  });
  return (value) => {
    if (value === undefined || Number.isNaN(value)) return '–';
    const text = formatter.format(value * scale).replace('-', '−');
    return format === 'percent' ? `${text}%` : text;
  };
}

function decimals(format: ReportMetric['format'], largest: number): number {
  if (format === 'integer' || largest >= 1000) return 0;
  const usual = format === 'percent' ? 1 : 2;
  if (largest === 0 || largest >= 1) return usual;
  const [, exponent] = largest.toExponential().split('e');
  return Math.min(6, Math.max(usual, 1 - Number(exponent)));
}

function swatch(colour: string): string {
  return `<i class="swatch" style="background:var(${colour})"></i>`;
}
