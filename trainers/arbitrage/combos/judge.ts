/** Tunes a rule, trains an agent and judges both on markets they have not seen, for arbitrage over several markets. */
import type { Agent, AgentPlugin } from '../../../agents/agent.ts';
import { comboHysteresis } from '../../../agents/rules/combo-hysteresis.ts';
import { random } from '../../../agents/rules/random.ts';
import { type ConfigOverrides, resolveConfig } from '../../../core/config.ts';
import { createRng } from '../../../core/rng.ts';
import { mean } from '../../../core/statistics.ts';
import { ComboEnv, type ComboInfo, syntheticLegs } from '../../../envs/combo-arbitrage.ts';
import { type ComboConfig, comboConfig } from '../../../envs/combos/config.ts';
import type { ComboKind } from '../../../envs/combos/kinds.ts';
import { createVectorEnv } from '../../../envs/vector/vector-env.ts';
import type { LegTape } from '../../../market/synthetic/leg-markets.ts';
import { playEpisode } from '../../episode.ts';
import { train } from '../../train.ts';
import { comboBoundBps } from './bound.ts';

export interface ComboTrialOptions {
  readonly kind: ComboKind;
  readonly config: ConfigOverrides<typeof comboConfig>;
  readonly agent: AgentPlugin;
  readonly agentSettings: Record<string, unknown>;
  readonly steps: number;
  readonly seeds: readonly number[];
  readonly numEnvs: number;
  /** Settings of the made-up markets, beside those of the kind. */
  readonly market?: Record<string, unknown>;
  readonly onProgress?: (message: string) => void;
}

/** Means over the markets of a set. */
export interface ComboOutcome {
  readonly profitBps: number;
  /** Of the hindsight bound; NaN where that is no more than 1 bp. */
  readonly shareOfBound: number;
  readonly trades: number;
  /** Basis points of the capital. */
  readonly feesBps: number;
  readonly fundingBps: number;
  readonly legFailures: number;
  readonly liquidations: number;
}

export interface ComboResult {
  /** Means of the hindsight bounds, basis points of the capital. */
  readonly boundBps: { readonly train: number; readonly test: number };
  readonly rows: readonly {
    readonly name: string;
    readonly settings: string;
    readonly train: ComboOutcome;
    readonly test: ComboOutcome;
  }[];
}

/** Markets of each set. */
const NUM_MARKETS = 4;
const LEAST_BOUND_BPS = 1;
const ENTRIES = { edge: [2, 5, 10, 20, 40, 80], funding: [0.5, 1, 2, 4, 8] };
const EXITS = { edge: [-80, -40, -20, -10, 0, 10], funding: [-8, -4, -2, 0, 1] };

export function trainCombos(options: ComboTrialOptions): ComboResult {
  const { kind, agent, steps, seeds, numEnvs, onProgress = () => {} } = options;
  const config = resolveConfig(comboConfig, options.config, `env "${kind.name}"`);
  const makers = (label: string): LegTape[] =>
    Array.from({ length: NUM_MARKETS }, (_, i) =>
      syntheticLegs(kind, options.market)(createRng(`${label} ${i}`)),
    );
  const sets = { train: makers('training market'), test: makers('unseen market') };
  const bounds = {
    train: sets.train.map((tape) => comboBoundBps(kind, config, tape)),
    test: sets.test.map((tape) => comboBoundBps(kind, config, tape)),
  };
  const judge = (agentFor: (env: ComboEnv) => Agent, set: 'train' | 'test'): ComboOutcome =>
    judgeOn(kind, config, sets[set], bounds[set], agentFor);
  onProgress('Tuning the rule');
  const rules = (['edge', 'funding'] as const)
    .filter((signal) => signal === 'edge' || kind.markets.some((market) => market.kind !== 'spot'))
    .map((signal) => tune(signal, (agentFor) => judge(agentFor, 'train')));
  const rows = [
    { name: 'do-nothing', settings: '', agentFor: rule({ entryBps: 1e6, exitBps: 1e6 }) },
    {
      name: 'random',
      settings: '',
      agentFor: (env: ComboEnv) => buildFor(random, env, { changeProbability: 0.1 }, 1),
    },
    ...rules,
  ].map(({ name, settings, agentFor }) => ({
    name,
    settings,
    train: judge(agentFor, 'train'),
    test: judge(agentFor, 'test'),
  }));
  for (const seed of seeds) {
    onProgress(`Training seed ${seed}`);
    const envs = createVectorEnv(
      Array.from(
        { length: numEnvs },
        (_, i) =>
          new ComboEnv({ kind, markets: syntheticLegs(kind, options.market), seed: seed * 1000 + i, config }),
      ),
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
    rows.push({
      name: `${agent.name}, seed ${seed}`,
      settings: '',
      train: judge(() => learner, 'train'),
      test: judge(() => learner, 'test'),
    });
  }
  return { boundBps: { train: mean(bounds.train), test: mean(bounds.test) }, rows };
}

/** The rule with the settings that earn most on the training markets. */
function tune(signal: 'edge' | 'funding', judge: (agentFor: (env: ComboEnv) => Agent) => ComboOutcome) {
  let best = { entryBps: 1e6, exitBps: 1e6 };
  let most = 0;
  for (const entryBps of ENTRIES[signal]) {
    for (const exitBps of EXITS[signal]) {
      const { profitBps } = judge(rule({ signal, entryBps, exitBps }));
      if (profitBps <= most) continue;
      most = profitBps;
      best = { entryBps, exitBps };
    }
  }
  const never = best.entryBps === 1e6;
  return {
    name: signal === 'edge' ? 'hysteresis of the edge' : 'carry rule',
    settings: never ? 'never' : `enters above ${best.entryBps} bp, exits at ${best.exitBps} bp`,
    agentFor: rule({ signal, ...best }),
  };
}

function rule(settings: Record<string, unknown>): (env: ComboEnv) => Agent {
  return (env) => buildFor(comboHysteresis, env, settings);
}

function buildFor(plugin: AgentPlugin, env: ComboEnv, settings: Record<string, unknown>, seed = 0): Agent {
  const { observationSpace, actionSpace } = env;
  const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(seed), totalSteps: 0 };
  return plugin.build({ ...context, masksActions: true }, settings);
}

function judgeOn(
  kind: ComboKind,
  config: ComboConfig,
  tapes: readonly LegTape[],
  bounds: readonly number[],
  agentFor: (env: ComboEnv) => Agent,
): ComboOutcome {
  const whole = { ...config, episodeEvents: 0, episodeStart: 'sequential' as const };
  const infos = tapes.map((markets): ComboInfo => {
    const env = new ComboEnv({ kind, markets, config: whole });
    let last: ComboInfo | undefined;
    playEpisode(agentFor(env), env, (info) => {
      last = { ...(info as ComboInfo) };
    });
    return last!;
  });
  const toBps = 1e4 / config.initialEquity;
  const total = infos.reduce((sum, { profitBps }) => sum + profitBps, 0);
  const bound = bounds.reduce((sum, value) => sum + value, 0);
  return {
    profitBps: total / infos.length,
    shareOfBound: bound / bounds.length > LEAST_BOUND_BPS ? total / bound : Number.NaN,
    trades: mean(infos.map(({ traded }) => traded)),
    feesBps: mean(infos.map(({ fees }) => fees * toBps)),
    fundingBps: mean(infos.map(({ funding }) => funding * toBps)),
    legFailures: mean(infos.map(({ legFailures }) => legFailures)),
    liquidations: mean(infos.map(({ liquidations }) => liquidations)),
  };
}
