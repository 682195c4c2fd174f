/** Tunes rules, trains an agent and judges all of them on markets they have not seen, for arbitrage over several markets. */
import type { Agent, AgentPlugin } from '../../../agents/agent.ts';
import { type ConfigOverrides, resolveConfig } from '../../../core/config.ts';
import { createRng } from '../../../core/rng.ts';
import { mean } from '../../../core/statistics.ts';
import { ComboEnv, syntheticLegs } from '../../../envs/combo-arbitrage.ts';
import { type comboConfig, comboConfigOf } from '../../../envs/combos/config.ts';
import type { ComboKind } from '../../../envs/combos/kinds.ts';
import { createVectorEnv } from '../../../envs/vector/vector-env.ts';
import type { LegTape } from '../../../market/synthetic/leg-markets.ts';
import { train } from '../../train.ts';
import { splitByTime } from '../train.ts';
import { type ArbitrageVerdict, reachArbitrageVerdict } from '../verdict.ts';
import { comboBoundBps } from './bound.ts';
import { type ComboOutcome, type JudgedLegs, judgeLegs } from './outcome.ts';
import { tuneCombos } from './rules.ts';

export interface ComboTrialOptions {
  readonly kind: ComboKind;
  readonly config: ConfigOverrides<typeof comboConfig>;
  readonly agent: AgentPlugin;
  readonly agentSettings: Record<string, unknown>;
  readonly steps: number;
  readonly seeds: readonly number[];
  readonly numEnvs: number;
  /** Recorded markets, of which the first part by time is learnt from; absent: markets made up. */
  readonly tape?: LegTape;
  /** Part of the time of recorded markets that is learnt from, in (0, 1). Default 0.5. */
  readonly trainShare?: number;
  /** Settings of the made-up markets, beside those of the kind. */
  readonly market?: Record<string, unknown>;
  /** Made-up markets of each set. Default 4. */
  readonly numMarkets?: number;
  readonly onProgress?: (message: string) => void;
}

export interface JudgedCombo {
  readonly name: string;
  readonly settings: string;
  readonly train: ComboOutcome;
  readonly test: ComboOutcome;
}

export interface ComboResult {
  /** Means of the hindsight bounds, basis points of the capital. */
  readonly boundBps: { readonly train: number; readonly test: number };
  /** The rules first, then the agent of each seed. */
  readonly rows: readonly JudgedCombo[];
  /** What the seeds earned on unseen markets when orders take no time, less what they earned; bp of the capital. */
  readonly latencyBps: number;
  readonly verdict: ArbitrageVerdict;
  /** The markets that were judged on, and what the agents of the seeds gained there by stretches of time. */
  readonly judged: { readonly markets: readonly JudgedLegs[]; readonly seeds: readonly JudgedCombo[] };
}

/** Markets of each set, where they are made up. */
const NUM_MARKETS = 4;

export function trainCombos(options: ComboTrialOptions): ComboResult {
  const { kind, agent, steps, seeds, numEnvs, onProgress = () => {} } = options;
  const config = resolveConfig(comboConfigOf(kind), options.config, `env "${kind.name}"`);
  const sets = judgedSets(options, config);
  const judge = (agentFor: (env: ComboEnv) => Agent, set: 'train' | 'test'): ComboOutcome =>
    judgeLegs(kind, config, sets[set], agentFor);
  const judgeBoth = (agentFor: (env: ComboEnv) => Agent) => ({
    train: judge(agentFor, 'train'),
    test: judge(agentFor, 'test'),
  });
  onProgress('Tuning the rules');
  const rules = tuneCombos(kind, (agentFor) => judge(agentFor, 'train').profitBps).map(
    ({ name, settings, agentFor }) => ({ name, settings, ...judgeBoth(agentFor) }),
  );
  const [{ tape, toRow }] = sets.train;
  const trained = seeds.map((seed) => {
    onProgress(`Training seed ${seed}`);
    const envs = createVectorEnv(
      Array.from({ length: numEnvs }, (_, i) => {
        const own = { kind, seed: seed * 1000 + i };
        return options.tape === undefined
          ? new ComboEnv({ ...own, markets: syntheticLegs(kind, options.market), config })
          : new ComboEnv({ ...own, markets: tape, config: { ...config, toRow } });
      }),
    );
    const learner = agent.build(
      {
        observationSpace: envs.observationSpace,
        actionSpace: envs.actionSpace,
        masksActions: true,
        numEnvs,
        rng: createRng(seed),
        totalSteps: steps,
      },
      options.agentSettings,
    );
    train({ envs, agent: learner, totalSteps: steps, seed });
    return learner;
  });
  onProgress('Judging');
  const judged = trained.map((learner, i) => ({
    name: `${agent.name}, seed ${seeds[i]}`,
    settings: '',
    ...judgeBoth(() => learner),
  }));
  const atOnce = trained.map((learner) =>
    judgeLegs(kind, { ...config, latencyMs: 0 }, sets.test, () => learner),
  );
  const profits = (outcomes: readonly ComboOutcome[]): number => mean(outcomes.map((o) => o.profitBps));
  const tests = judged.map(({ test }) => test);
  // Chance is no rule to beat: of the others the one that did best where it had not been tuned.
  const [best] = rules
    .filter(({ name }) => name !== 'random')
    .map(({ name, test }) => ({ ...test, name }))
    .sort((a, b) => b.profitBps - a.profitBps);
  return {
    boundBps: {
      train: mean(sets.train.map(({ boundBps }) => boundBps)),
      test: mean(sets.test.map(({ boundBps }) => boundBps)),
    },
    rows: [...rules, ...judged],
    latencyBps: profits(atOnce) - profits(tests),
    verdict: reachArbitrageVerdict(tests.map(allTrades(sets.test.length)), allTrades(sets.test.length)(best)),
    judged: { markets: sets.test, seeds: judged },
  };
}

/** Trades are counted over all markets of a set, of which outcomes are the means. */
function allTrades(numMarkets: number): <Outcome extends ComboOutcome>(outcome: Outcome) => Outcome {
  return (outcome) => ({ ...outcome, trades: outcome.trades * numMarkets });
}

function judgedSets(
  { kind, tape, market, trainShare = 0.5, numMarkets = NUM_MARKETS }: ComboTrialOptions,
  config: ReturnType<typeof resolveConfig<typeof comboConfig>>,
): { train: JudgedLegs[]; test: JudgedLegs[] } {
  const judged = (own: LegTape, fromRow: number, toRow: number): JudgedLegs => ({
    tape: own,
    fromRow,
    toRow,
    boundBps: comboBoundBps(kind, { ...config, fromRow, toRow }, own),
  });
  if (tape !== undefined) {
    const spans = splitByTime(tape.books, trainShare);
    const { train: first, test } = spans;
    return {
      train: [judged(tape, first.fromRow, first.toRow)],
      test: [judged(tape, test.fromRow, test.toRow)],
    };
  }
  const makers = (label: string): JudgedLegs[] =>
    Array.from({ length: numMarkets }, (_, i) =>
      judged(syntheticLegs(kind, market)(createRng(`${label} ${i}`)), 0, 0),
    );
  return { train: makers('training market'), test: makers('unseen market') };
}
