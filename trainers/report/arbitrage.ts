/** Renders the page of an arbitrage result: verdict, shares captured, and how they depend on fees and latency. */

import type { ArbitrageOutcome } from '../arbitrage/judge.ts';
import type { ArbitrageResult } from '../arbitrage/train.ts';
import { escapeHtml, pageHead, verdictBox } from './html.ts';
import { REPORT_STYLE } from './style.ts';

export interface ArbitrageReportContext {
  readonly title: string;
  readonly feeRates: readonly number[];
  readonly latenciesMs: readonly number[];
  /** How it was made, a line each. */
  readonly details: readonly string[];
}

const COLUMNS: readonly [name: string, show: (outcome: ArbitrageOutcome) => string][] = [
  ['profit, bp', ({ profitBps }) => number(profitBps)],
  ['of bound', ({ shareOfBound }) => percent(shareOfBound)],
  ['trades', ({ trades }) => `${trades}`],
  ['hit rate', ({ hitRate }) => percent(hitRate)],
  ['leg failures', ({ legFailures }) => `${legFailures}`],
  ['per trade, bp', ({ profitPerTradeBps }) => number(profitPerTradeBps)],
  ['drift', ({ inventoryDrift }) => percent(inventoryDrift)],
  ['capital use', ({ capitalUse }) => number(capitalUse)],
];

/** A whole document that needs no network. */
export function renderArbitrageReport(result: ArbitrageResult, context: ArbitrageReportContext): string {
  return `${pageHead(context.title, [REPORT_STYLE], false)}
<body>
<main>
<header><h1>${escapeHtml(context.title)}</h1>${verdictBox(result.verdict)}</header>
${outcomes('Unseen span', result, 'test')}
${outcomes('Training span', result, 'train')}
${heatMap(result, context)}
<section class="caveats"><h2>How it was made</h2><ul>${making(result, context)}</ul></section>
</main>
</body>
</html>
`;
}

/** The details, and what the rules were tuned to. */
function making({ rules }: ArbitrageResult, { details }: ArbitrageReportContext): string {
  const tuned = rules.filter(({ settings }) => settings !== '');
  return [
    ...details,
    ...tuned.map(({ name, settings }) => `Tuned on the training span, ${name}: ${settings}.`),
  ]
    .map((line) => `<li>${escapeHtml(line)}</li>`)
    .join('');
}

/** A row per rule and per seed. */
export function outcomeRows(result: ArbitrageResult, span: 'train' | 'test'): string[][] {
  const row = (name: string, outcome: ArbitrageOutcome) => [
    name,
    ...COLUMNS.map(([, show]) => show(outcome)),
  ];
  return [
    ['', ...COLUMNS.map(([name]) => name)],
    ...result.seeds.map((seed) => row(`agent, seed ${seed.seed}`, seed[span])),
    ...result.rules.map((rule) => row(rule.name, rule[span])),
  ];
}

function outcomes(title: string, result: ArbitrageResult, span: 'train' | 'test'): string {
  const [head, ...rows] = outcomeRows(result, span);
  const cells = (tag: string, texts: string[]) =>
    texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join('');
  return `<section><h2>${title}</h2>
<p>The hindsight bound is ${number(result.boundBps[span])} bp of the capital.</p>
<table><thead><tr>${cells('th', head)}</tr></thead>
<tbody>${rows.map(([name, ...values]) => `<tr>${cells('th', [name])}${cells('td', values)}</tr>`).join('\n')}</tbody></table></section>`;
}

/** Green for gains, red for losses, as strong as the largest of either. */
function heatMap(
  { sensitivity }: ArbitrageResult,
  { feeRates, latenciesMs }: ArbitrageReportContext,
): string {
  const largest = Math.max(1e-9, ...sensitivity.flat().map(Math.abs));
  const cell = (bps: number): string => {
    const strength = (Math.abs(bps) / largest) * 0.7;
    const colour =
      bps >= 0 ? `rgba(34, 139, 84, ${strength.toFixed(3)})` : `rgba(200, 60, 50, ${strength.toFixed(3)})`;
    return `<td style="background:${colour}">${number(bps)}</td>`;
  };
  return `<section><h2>Other fees and latencies</h2>
<p>Profit of the same agents on the unseen span, bp of the capital, mean over the seeds.</p>
<table><thead><tr><th>fee a leg</th>${latenciesMs.map((ms) => `<th>${ms} ms</th>`).join('')}</tr></thead>
<tbody>${feeRates.map((rate, i) => `<tr><th>${number(rate * 1e4)} bp</th>${sensitivity[i].map(cell).join('')}</tr>`).join('\n')}</tbody></table></section>`;
}

function number(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2).replace('-', '−') : '–';
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1).replace('-', '−')} %` : '–';
}
