/** Sums a live session up: a table, what can be said of its skill in words, and one HTML page. */
import { denialSentence } from '../../live/ops/denials.ts';
import { passOf } from '../../trainers/account-pass.ts';
import { type Backtest, summarizePass } from '../../trainers/backtest.ts';
import { renderReport } from '../../trainers/report/render.ts';
import type { ReportVerdict } from '../../trainers/report/report.ts';
import { fixedText } from '../../trainers/report/text.ts';
import { curve, tradingMetrics } from '../../trainers/report/trading.ts';
import { type HeldExposure, holdExposure, meanExposureOf } from '../../trainers/skill.ts';
import { FINDING_WORDS, percent, reachVerdict } from '../../trainers/verdict.ts';
import type { SessionStory } from './session-story.ts';

export interface SessionSummary {
  /** Labels and values, as they are to stand. */
  readonly rows: readonly (readonly [label: string, value: string])[];
  /** The conclusion in words. */
  readonly verdict: ReportVerdict;
  /** The session's account; undefined where fewer than two decisions had a price. */
  readonly account: Backtest | undefined;
  /** All in from the first decision on, at mids and without costs. */
  readonly holding: Backtest | undefined;
}

const DAY_MS = 86_400_000;

/** The figures and the words of a session that trades one market, or several by pairs. */
export function summarizeSession(story: SessionStory): SessionSummary {
  const { rows, decisions } = story;
  const account =
    rows.length >= 2 && rows[0].equity > 0 ? summarizePass({ ...passOf(rows), decisions }) : undefined;
  const holding = account === undefined ? undefined : holdThroughout(story, account);
  const verdict =
    account === undefined || holding === undefined
      ? noDecision(story)
      : judgeSession(story, account, holding);
  return { rows: figuresOf(story, account, holding), verdict, account, holding };
}

/** For a terminal: the table, then the verdict. */
export function formatSession({ rows, verdict }: SessionSummary): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
  return `${lines.join('\n')}\n\n${verdict.text}`;
}

/**
 * One HTML page that asks the network for nothing.
 * @returns undefined where fewer than two decisions were made: there is nothing to draw
 */
export function renderSession(story: SessionStory, summary: SessionSummary): string | undefined {
  const { account, holding, rows, verdict } = summary;
  if (account === undefined || holding === undefined) return undefined;
  const { config, model } = story.header;
  const { numTrades, winRate } = story.totals;
  const session = curve('session', 'agent', account);
  return renderReport({
    title: `${model} live on ${marketsOf(story)}`,
    subtitle: `Traded on paper for ${durationOf(story)} from ${utc(story.span[0])}; equity in ${quoteOf(story)}.`,
    verdict,
    learning: [],
    spans: [
      {
        name: 'session',
        description: 'each decision of the session, at the mid of its time',
        seen: false,
        timeMs: account.timeMs,
        price: account.price,
        curves: [
          { ...session, metrics: { ...session.metrics, numTrades, winRate: winRate ?? Number.NaN } },
          curve('buy-and-hold', 'baseline', holding),
        ],
      },
    ],
    metrics: [
      ...tradingMetrics.filter(({ key }) => ['totalReturn', 'maxDrawdown', 'costs'].includes(key)),
      { key: 'averageExposure', label: 'Mean |exposure|', format: 'percent' },
      { key: 'numTrades', label: 'Round trips', format: 'integer' },
      { key: 'winRate', label: 'Won', format: 'percent' },
    ],
    details: [
      { label: 'Repeat', value: `market-gym evaluate tape:${story.tape}`, code: true },
      ...rows.map(([label, value]) => ({ label, value })),
      ...Object.entries(story.denials).map(([reason, count]) => ({
        label: `denied: ${reason}`,
        value: `${count}: ${denialSentence(reason)}`,
      })),
      { label: 'settings', value: JSON.stringify(config, undefined, 2), code: true },
    ],
    caveats: [
      'Orders were on paper: they met the displayed book after their latency, and nobody reacted to them.',
      'Buy-and-hold, and holding the mean exposure, are valued at mids and pay no costs.',
      'A session is one path: what it earned says little of what another would.',
    ],
  });
}

function judgeSession(story: SessionStory, account: Backtest, holding: Backtest): ReportVerdict {
  const zeros = new Float64Array(holding.returns.length);
  const held: readonly HeldExposure[] = [
    { exposure: -1, returns: holding.returns.map((value) => -value) },
    { exposure: 0, returns: zeros },
    { exposure: 1, returns: holding.returns },
  ];
  const { tone, finding, numTrades } = reachVerdict({ accounts: [account], market: holding, held });
  const mean = meanExposureOf(account);
  const own = holdExposure(held, mean).returns.reduce((growth, value) => growth * (1 + value), 1) - 1;
  const trades = Math.round(numTrades);
  const text =
    `${FINDING_WORDS[finding]}: in ${durationOf(story)} the session earned ${percentOf(account.metrics.totalReturn)} after costs, ` +
    `its own mean exposure of ${fixedText(mean)} held throughout ${percentOf(own)}, buy-and-hold ` +
    `${percentOf(holding.metrics.totalReturn)}; ${trades} ${trades === 1 ? 'trade' : 'trades'} in ${story.numDecisions} decisions.`;
  return { tone, text };
}

function noDecision({ numDecisions }: SessionStory): ReportVerdict {
  const what =
    numDecisions === 0 ? 'no decision was made' : `${numDecisions} of its decisions had a price or equity`;
  return { tone: 'no-edge', text: `${FINDING_WORDS['too-few-decisions']}: ${what}.` };
}

function holdThroughout({ rows }: SessionStory, account: Backtest): Backtest {
  const [first] = rows;
  const position = first.equity / first.price;
  return summarizePass(
    passOf(
      rows.map(({ timeMs, price }) => ({
        timeMs,
        price,
        equity: position * price,
        exposure: 1,
        position,
        cash: 0,
        tradedNotional: 0,
        costPaid: 0,
      })),
    ),
    account.periodsPerYear,
  );
}

function figuresOf(
  story: SessionStory,
  account: Backtest | undefined,
  holding: Backtest | undefined,
): (readonly [string, string])[] {
  const { totals, denials, troubles, numRecoveries, haltReason, verdicts } = story;
  const quote = quoteOf(story);
  const money = (value: number) => `${fixedText(value)} ${quote}`;
  const listed = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const won = totals.winRate === null ? '' : `, ${(100 * totals.winRate).toFixed(0)} % of them won`;
  return [
    ['market', marketsOf(story)],
    ['model', story.models.join(', then ')],
    ['time', `${durationOf(story)} from ${utc(story.span[0])}`],
    ['decisions', `${story.numDecisions}${story.numDecisions === 0 ? '' : ` (${listed(verdicts)})`}`],
    ...(Object.keys(denials).length === 0 ? [] : [['denied', listed(denials)] as const]),
    ...(account === undefined || holding === undefined
      ? []
      : ([
          [
            'equity',
            `${money(account.equity[0])} to ${money(account.equity[account.equity.length - 1])} (${percentOf(account.metrics.totalReturn)})`,
          ],
          ['buy-and-hold', percentOf(holding.metrics.totalReturn)],
          ['max drawdown', `${Math.abs(100 * account.metrics.maxDrawdown).toFixed(2)} %`],
        ] as const)),
    ['fills', `${totals.numFills}, ${money(totals.notional)} traded`],
    ['costs', `${money(totals.fees)} fees, ${money(totals.slippage)} slippage`],
    [
      'round trips',
      `${totals.numTrades}${totals.numTrades === 0 ? '' : `, profit ${money(totals.profit)}${won}`}`,
    ],
    ...(Object.keys(troubles).length === 0 ? [] : [['troubles', listed(troubles)] as const]),
    ...(numRecoveries === 0 ? [] : [['went on after', `${numRecoveries} interruptions`] as const]),
    ['ended', haltReason === undefined ? 'in order' : `halted: ${haltReason}`],
  ];
}

function marketsOf({ header }: SessionStory): string {
  return header.config.markets.map(({ venue, symbol }) => `${venue} ${symbol}`).join(', ');
}

function quoteOf({ header }: SessionStory): string {
  return header.config.markets[0].symbol.toUpperCase().split('/')[1] ?? '';
}

function utc(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function durationOf({ span: [firstMs, lastMs] }: SessionStory): string {
  const seconds = Math.max(0, Math.round((lastMs - firstMs) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${((lastMs - firstMs) / DAY_MS).toFixed(1)} days`;
}

/** Two digits: a session's return is small. */
function percentOf(fraction: number): string {
  return Math.abs(fraction) >= 0.1
    ? percent(fraction)
    : `${fraction < 0 ? '−' : '+'}${Math.abs(100 * fraction).toFixed(2)} %`;
}
