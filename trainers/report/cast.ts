/** Casts a report: the order of spans, the seed that stands for the agent, the colour of each curve. */
import type { Report, ReportCurve, ReportSpan } from './report.ts';

const NUM_BASELINE_COLOURS = 6;

/** Unseen spans before seen ones, later before earlier: what the agent could not have learned comes first. */
export function spansInReadingOrder(report: Report): ReportSpan[] {
  return [...report.spans].sort((a, b) => Number(a.seen) - Number(b.seen) || b.timeMs[0] - a.timeMs[0]);
}

/** The agent's curves, one per seed, as given. */
export function agentCurves(span: ReportSpan): ReportCurve[] {
  return span.curves.filter((curve) => curve.kind === 'agent');
}

/** The seed whose growth is the median of its kind, the lower of the two middle ones for an even count. */
export function medianSeed(span: ReportSpan): ReportCurve | undefined {
  const growth = ({ equity }: ReportCurve) => equity[equity.length - 1] / equity[0];
  const ascending = agentCurves(span).sort((a, b) => growth(a) - growth(b));
  return ascending[(ascending.length - 1) >> 1];
}

/**
 * The agent whose curve stands for it on a span: one seed through all of them, the median of the span that comes first; of a span
 * that has no such curve its own median.
 */
export function followedCurve(report: Report, span: ReportSpan): ReportCurve | undefined {
  const [first] = spansInReadingOrder(report);
  const name = first && medianSeed(first)?.name;
  return agentCurves(span).find((curve) => curve.name === name) ?? medianSeed(span);
}

/** Buy-and-hold, or the equally weighted basket of several assets. */
export function marketCurve({ curves }: ReportSpan): ReportCurve | undefined {
  return curves.find(({ kind, name }) => kind === 'baseline' && (name === 'buy-and-hold' || name === '1/N'));
}

/** `ppo` for `ppo, seed 1`. */
export function agentName(curve: ReportCurve): string {
  return curve.name.replace(/,\s*seed\b.*$/i, '');
}

/** Names of the page's colour variables: one for agents; baselines by order of first appearance in the report. */
export function curveColours(report: Report): (curve: ReportCurve) => string {
  const baselines = new Map<string, string>();
  for (const span of report.spans) {
    for (const { kind, name } of span.curves) {
      if (kind === 'baseline' && !baselines.has(name)) {
        baselines.set(name, `--baseline-${1 + (baselines.size % NUM_BASELINE_COLOURS)}`);
      }
    }
  }
  return (curve) => (curve.kind === 'agent' ? '--agent' : baselines.get(curve.name)!);
}
