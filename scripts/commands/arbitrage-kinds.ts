/** `market-gym arbitrage --kind`: tunes rules, trains an agent, and judges all of them on markets they have not seen. */
import { mean } from '../../core/statistics.ts';
import { formatTable } from '../../core/text-table.ts';
import { COMBO_KINDS, type ComboKind } from '../../envs/combos/kinds.ts';
import { loadArbitrageBooks } from '../../experiments/data/arbitrage-books.ts';
import { countArbitrage } from '../../experiments/ledger/count-arbitrage.ts';
import { openCatalog } from '../../experiments/plugins/catalog.ts';
import { loadKindFunding } from '../../experiments/run/funding.ts';
import type { LegTape } from '../../market/synthetic/leg-markets.ts';
import { comboAgentSettings, comboSteps } from '../../trainers/arbitrage/combos/defaults.ts';
import { type ComboResult, trainCombos } from '../../trainers/arbitrage/combos/judge.ts';
import type { ComboOutcome } from '../../trainers/arbitrage/combos/outcome.ts';
import type { Console } from '../terminal/console.ts';
import { readConversion } from '../terminal/data-options.ts';
import { accessOf } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';
import { ledgerOf } from './trials/ledger-options.ts';

interface Arguments {
  readonly kind: string;
  readonly data?: string | readonly string[];
  readonly funding?: string | readonly string[];
  readonly pair?: string | readonly string[];
  readonly convert?: string;
  readonly quote?: string;
  readonly barSpreadBps: number;
  readonly trainShare: number;
  readonly agent: string;
  readonly steps?: number;
  readonly seeds: number;
  readonly seed: number;
  readonly envs: number;
  readonly set?: readonly string[];
  readonly plugin?: readonly string[];
  readonly trustPlugins?: boolean;
  readonly ledger?: string | false;
}

/** An option that may be given once or more often. */
export function listOf(given: string | readonly string[] | undefined): string[] {
  return given === undefined ? [] : [given].flat();
}

/** @returns the exit code */
export async function runCombos(args: Arguments, console: Console): Promise<number> {
  const kind = COMBO_KINDS.find(({ name }) => name === args.kind)!;
  const settings = parseSettings([...(args.set ?? [])], ['agent', 'env']);
  const catalog = await openCatalog([], accessOf(args as never), 'The command');
  const agent = catalog.agents.get(args.agent);
  const agentSettings = { ...comboAgentSettings(kind, agent.name), ...settings.agent };
  const tape = await openTape(kind, args, settings.env, console);
  const { steps = comboSteps(kind), envs: numEnvs } = args;
  const result = trainCombos({
    kind,
    config: settings.env,
    agent,
    agentSettings,
    steps,
    seeds: Array.from({ length: args.seeds }, (_, i) => args.seed + i),
    numEnvs,
    tape,
    trainShare: args.trainShare,
    onProgress: (message) => console.say(`${message} …`),
  });
  const [market] = result.judged.markets;
  const source = listOf(args.data).join(',') || 'markets made up';
  const trials = countArbitrage(ledgerOf(args as never), {
    books: market.tape.books,
    span: market,
    label: `${agent.name} on ${kind.name}`,
    settings: { kind: kind.name, agent: agent.name, agentSettings, config: settings.env, numEnvs, steps },
    judged: result.judged.seeds.map(({ test }, i) => ({ seed: args.seed + i, gainsBps: test.gainsBps })),
    source,
    ledTo: 'the terminal',
    timeMs: Date.now(),
    verdict: result.verdict.finding,
  });
  sayResult(result, source, console);
  console.say(`\n${trials.sentences.join('\n')}`);
  const { judged: _, ...figures } = result;
  const plain = figures.rows.map((row) => ({ ...row, train: plainOf(row.train), test: plainOf(row.test) }));
  console.result({
    kind: kind.name,
    ...figures,
    rows: plain,
    trials: { ...trials.count, sentences: trials.sentences },
  });
  return 0;
}

/** Recorded markets; undefined without `--data`. */
async function openTape(
  kind: ComboKind,
  args: Arguments,
  config: Record<string, unknown>,
  console: Console,
): Promise<LegTape | undefined> {
  const data = listOf(args.data);
  const funding = listOf(args.funding).flatMap((names) => names.split(','));
  if (data.length === 0) return undefined;
  const { tape, trades, notes } = await loadArbitrageBooks({
    data,
    pairs: listOf(args.pair),
    convert: readConversion(args),
    barSpreadBps: args.barSpreadBps,
  });
  for (const note of notes) console.say(note);
  const isFunded = config.funding !== 'none';
  return { books: tape, trades, funding: isFunded ? await loadKindFunding(kind, funding) : [] };
}

const COLUMNS = [
  '',
  'Profit bp',
  'Of bound',
  'Trades',
  'Fees bp',
  'Spread bp',
  'Of FX bp',
  'Funding bp',
  'Leg failures',
  'Liquidations',
  'Settings',
];

function sayResult(result: ComboResult, source: string, console: Console): void {
  for (const set of ['train', 'test'] as const) {
    const title = set === 'train' ? 'Training' : 'Unseen';
    console.say(
      `\n${title}, ${source}: hindsight bound ${result.boundBps[set].toFixed(1)} bp of the capital in the mean`,
    );
    console.say(
      formatTable([COLUMNS, ...result.rows.map((row) => [row.name, ...figures(row[set]), row.settings])]),
    );
  }
  console.say(`\n${result.verdict.text}`);
  console.say(whereLost(result));
}

/** Where the rest of the bound was left, of the mean of the seeds. */
function whereLost({ judged: { seeds }, boundBps, latencyBps }: ComboResult): string {
  const of = (figure: (outcome: ComboOutcome) => number): string =>
    mean(seeds.map(({ test }) => figure(test))).toFixed(1);
  const profit = mean(seeds.map(({ test }) => test.profitBps));
  const share = boundBps.test > 1 ? ` (${((100 * profit) / boundBps.test).toFixed(0)} %)` : '';
  return (
    `Of the bound of ${boundBps.test.toFixed(1)} bp the agents kept ${profit.toFixed(1)}${share}; they paid ${of((o) => o.feesBps)} bp of fees and ` +
    `${of((o) => o.spreadBps)} bp of spread, ${of((o) => o.fxBps)} bp of both on the leg of currency, received ${of((o) => o.fundingBps)} bp of funding, ` +
    `and lost ${latencyBps.toFixed(1)} bp to latency; ${of((o) => o.legFailures)} legs failed, ${of((o) => o.refused)} actions were refused.`
  );
}

function figures(outcome: ComboOutcome): string[] {
  const { profitBps, shareOfBound, trades, feesBps, spreadBps, fxBps, fundingBps } = outcome;
  const share = Number.isNaN(shareOfBound) ? '–' : `${(100 * shareOfBound).toFixed(0)} %`;
  const { legFailures, liquidations } = outcome;
  const numbers = [trades, feesBps, spreadBps, fxBps, fundingBps, legFailures, liquidations];
  return [profitBps.toFixed(1), share, ...numbers.map((value) => value.toFixed(1))];
}

/** Without the gains by time, which a reader of JSON has no use for. */
function plainOf({ gainsBps: _, ...outcome }: ComboOutcome): Omit<ComboOutcome, 'gainsBps'> {
  return outcome;
}
