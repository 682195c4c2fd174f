/** `market-gym arbitrage --kind`: tunes a rule, trains an agent, and judges both on markets they have not seen. */
import { ConfigError } from '../../core/errors.ts';
import { formatTable } from '../../core/text-table.ts';
import { COMBO_KINDS } from '../../envs/combos/kinds.ts';
import { openCatalog } from '../../experiments/plugins/catalog.ts';
import { type ComboOutcome, trainCombos } from '../../trainers/arbitrage/combos/judge.ts';
import type { Console } from '../terminal/console.ts';
import { accessOf } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';

/** `--set agent.key=value` overrides. */
const AGENT_SETTINGS: Readonly<Record<string, Record<string, unknown>>> = {
  ppo: {
    gamma: 0.999,
    lambda: 0.97,
    rolloutSteps: 256,
    minibatchSize: 256,
    hidden: [32],
    learningRate: 1e-3,
  },
};

interface Arguments {
  readonly kind: string;
  readonly data?: string;
  readonly agent: string;
  readonly steps: number;
  readonly seeds: number;
  readonly seed: number;
  readonly envs: number;
  readonly set?: readonly string[];
  readonly plugin?: readonly string[];
  readonly trustPlugins?: boolean;
}

/** @returns the exit code */
export async function runCombos(args: Arguments, console: Console): Promise<number> {
  const kind = COMBO_KINDS.find(({ name }) => name === args.kind)!;
  if (args.data !== undefined) {
    throw new ConfigError(
      'invalid-setting',
      `--kind ${kind.name} makes its own markets here; to learn on recorded books, use "market-gym train --env ${kind.name} --data FILE".`,
    );
  }
  const settings = parseSettings([...(args.set ?? [])], ['agent', 'env']);
  const catalog = await openCatalog([], accessOf(args as never), 'The command');
  const agent = catalog.agents.get(args.agent);
  const result = trainCombos({
    kind,
    config: settings.env,
    agent,
    agentSettings: { ...AGENT_SETTINGS[agent.name], ...settings.agent },
    steps: args.steps,
    seeds: Array.from({ length: args.seeds }, (_, i) => args.seed + i),
    numEnvs: args.envs,
    onProgress: (message) => console.say(`${message} …`),
  });
  for (const set of ['train', 'test'] as const) {
    const title = set === 'train' ? 'Training markets' : 'Unseen markets';
    console.say(
      `\n${title}, hindsight bound ${result.boundBps[set].toFixed(1)} bp of the capital in the mean`,
    );
    console.say(
      formatTable([
        [
          '',
          'Profit bp',
          'Of bound',
          'Trades',
          'Fees bp',
          'Funding bp',
          'Leg failures',
          'Liquidations',
          'Settings',
        ],
        ...result.rows.map((row) => [row.name, ...figures(row[set]), row.settings]),
      ]),
    );
  }
  console.say(
    '\nThese are markets made up; nothing here is counted as a trial, and no verdict is drawn from it.',
  );
  console.result({ kind: kind.name, ...result });
  return 0;
}

function figures({
  profitBps,
  shareOfBound,
  trades,
  feesBps,
  fundingBps,
  legFailures,
  liquidations,
}: ComboOutcome): string[] {
  const share = Number.isNaN(shareOfBound) ? '–' : `${(100 * shareOfBound).toFixed(0)} %`;
  const numbers = [trades, feesBps, fundingBps, legFailures, liquidations].map((value) => value.toFixed(1));
  return [profitBps.toFixed(1), share, ...numbers];
}
