/** Compares ways of guiding an agent by a prior: all of them and their combinations, over seeds, on later rows. */
import type { AgentPlugin } from '../agents/agent.ts';
import { type PriorConfig, priorConfig } from '../agents/priors/config.ts';
import { requireUses } from '../agents/priors/requirements.ts';
import { type PriorUse, priorUses } from '../agents/priors/support.ts';
import { withPrior } from '../agents/priors/with-prior.ts';
import { priorPolicy } from '../agents/rules/prior-policy.ts';
import { createRng } from '../core/rng.ts';
import type { EnvParts } from '../envs/parts.ts';
import type { TradingConfig } from '../envs/trading/config.ts';
import { TradingEnv } from '../envs/trading.ts';
import { createVectorEnv } from '../envs/vector/vector-env.ts';
import type { Candles } from '../market/candles/candles.ts';
import type { FeatureMatrix } from '../market/features/pipeline.ts';
import type { Predictions } from '../models/signals/predictions.ts';
import { withPriorColumns } from '../models/signals/prior-columns.ts';
import { type Backtest, backtest, createPassEnv } from './backtest.ts';
import { axisOf, holdExposures, runRuleBaselines } from './baselines.ts';
import { type Interval, interquartileInterval, interquartileMean } from './seed-statistics.ts';
import { compareSkill, type HeldExposure, meanExposureOf } from './skill.ts';
import { type TrainCallback, train } from './train.ts';
import { LEAST_SEEDS } from './verdict.ts';

/** Bars of a training episode. */
const EPISODE_BARS = 250;

export interface PriorMarket {
  readonly candles: Candles;
  /** Without prior columns. */
  readonly features: FeatureMatrix;
  readonly predictions: Predictions;
  /** Agents train on the rows before, and are judged on this one and all later ones. */
  readonly cutRow: number;
  /** Costs, actions, window and the trading env's other settings. */
  readonly config: Partial<TradingConfig>;
  /** What those settings may name; absent: what comes with the framework. */
  readonly parts?: EnvParts;
}

export interface GuidedTraining {
  readonly plugin: AgentPlugin;
  readonly agentConfig: Readonly<Record<string, unknown>>;
  readonly totalSteps: number;
  readonly numEnvs: number;
  readonly seed: number;
  /** Settings of the prior; absent: the agent alone, in an env without prior columns. */
  readonly prior?: Partial<PriorConfig>;
  /** Told of the return on later rows so far, as a function to be called when it is wanted. */
  readonly watch?: (scoreNow: () => number) => TrainCallback;
}

/**
 * Trains one agent.
 * @returns the total return after costs over the rows from the cut on
 */
export function trainGuided(market: PriorMarket, training: GuidedTraining): number {
  return trainAndTrade(market, training).metrics.totalReturn;
}

/** As `trainGuided`, the whole account over the rows from the cut on. */
function trainAndTrade(market: PriorMarket, training: GuidedTraining): Backtest {
  const { candles, cutRow, config, parts } = market;
  const { plugin, agentConfig, totalSteps, numEnvs, seed, prior, watch } = training;
  const features = featuresOf(market, prior !== undefined);
  const fromRow = features.firstRow;
  const trained = {
    ...config,
    fromRow,
    toRow: cutRow,
    episodeBars: Math.min(EPISODE_BARS, cutRow - fromRow - 20),
  };
  const envs = createVectorEnv(
    Array.from(
      { length: numEnvs },
      (_, i) => new TradingEnv({ candles, features, seed: seed * 1000 + i, config: trained, parts }),
    ),
  );
  const { observationSpace, actionSpace } = envs;
  const context = { observationSpace, actionSpace, numEnvs, rng: createRng(seed), totalSteps };
  const agent = (prior === undefined ? plugin : withPrior(plugin, prior)).build(context, agentConfig);
  const account = (): Backtest => judgeOn(market, features, () => agent);
  const score = (): number => account().metrics.totalReturn;
  train({ envs, agent, totalSteps, seed, callbacks: watch === undefined ? [] : [watch(score)] });
  return account();
}

/** The total return of doing what the prior says, over the rows from the cut on. */
export function priorAlone(market: PriorMarket, sharpness: number): number {
  return judgeOn(market, featuresOf(market, true), ({ observationSpace, actionSpace }) =>
    priorPolicy.build(
      { observationSpace, actionSpace, numEnvs: 1, rng: createRng(0), totalSteps: 0 },
      { sharpness },
    ),
  ).metrics.totalReturn;
}

function judgeOn(
  { candles, config, cutRow, parts }: PriorMarket,
  features: FeatureMatrix,
  agentFor: Parameters<typeof backtest>[1],
): Backtest {
  const judged = { candles, features, config: { ...config, fromRow: cutRow, toRow: 0 }, parts };
  return backtest(judged, agentFor);
}

/** Constant exposures over the judged rows, at the same costs. */
function heldIn(market: PriorMarket, accounts: readonly Backtest[]): HeldExposure[] {
  const { candles, config, cutRow, parts } = market;
  const judged = { ...config, fromRow: cutRow, toRow: 0 };
  const env = createPassEnv({ candles, features: featuresOf(market, false), config: judged, parts });
  const exposures = { env, seed: 0, candles };
  const axis = axisOf(exposures, []);
  return holdExposures(exposures, axis, accounts.map(meanExposureOf), runRuleBaselines(exposures, axis));
}

const matrices = new WeakMap<Predictions, FeatureMatrix>();

/** All arms have the same bars. */
function featuresOf({ features, predictions }: PriorMarket, hasPrior: boolean): FeatureMatrix {
  let matrix = matrices.get(predictions);
  if (matrix === undefined) {
    matrix = withPriorColumns(features, predictions);
    matrices.set(predictions, matrix);
  }
  return hasPrior ? matrix : { ...features, firstRow: matrix.firstRow };
}

/** How strongly each mechanism acts in the ablation. */
export const ablationConfig = priorConfig.extend({
  warmStartSteps: priorConfig.shape.warmStartSteps.default(2000),
  pullWeight: priorConfig.shape.pullWeight.default(0.1),
  guidance: priorConfig.shape.guidance.default(0.5),
  residual: priorConfig.shape.residual.default(1),
});

/** The prior's settings for an arm: what is not in it is off. */
export function settingsOf(mechanisms: readonly PriorUse[], config: PriorConfig): PriorConfig {
  const has = (mechanism: PriorUse): boolean => mechanisms.includes(mechanism);
  return {
    ...config,
    columns: has('columns'),
    warmStartSteps: has('warm-start') ? config.warmStartSteps : 0,
    pullWeight: has('pull') ? config.pullWeight : 0,
    guidance: has('guidance') ? config.guidance : 0,
    residual: has('residual') ? config.residual : 0,
  };
}

/**
 * Every combination of what the agent can use, single ones first; of the given uses alone where some are given.
 * @throws ConfigError `unsuitable-mechanism` for one that the agent's plugin does not declare
 */
export function combinationsFor(plugin: AgentPlugin, only?: readonly string[]): PriorUse[][] {
  requireUses(plugin, only ?? []);
  const chosen = priorUses(plugin).filter((name) => only === undefined || only.includes(name));
  const subsets = Array.from({ length: (1 << chosen.length) - 1 }, (_, i) =>
    chosen.filter((_, k) => ((i + 1) >> k) & 1),
  );
  return subsets.sort((a, b) => a.length - b.length);
}

export interface Arm {
  readonly name: string;
  /** Total return on later rows, by seed. */
  readonly returns: readonly number[];
  readonly mean: number;
  readonly interval: Interval;
  /**
   * Return a year beyond its own mean exposure, less that of the agent alone beyond its own, fraction: over seeds and blocks of
   * time, the interval allowing for the number of arms.
   */
  readonly gain?: Interval & { readonly mean: number };
}

export interface Ablation {
  readonly priorReturn: number;
  readonly arms: readonly Arm[];
  readonly verdict: string;
}

/** @param onRun called after each training */
export function ablate(
  market: PriorMarket,
  combinations: readonly (readonly PriorUse[])[],
  prior: PriorConfig,
  training: Omit<GuidedTraining, 'prior' | 'seed' | 'watch'>,
  seeds: readonly number[],
  onRun: (arm: string, seed: number, account: Backtest) => void = () => {},
): Ablation {
  const priorReturn = priorAlone(market, prior.sharpness);
  const run = (name: string, settings: PriorConfig | undefined): Backtest[] =>
    seeds.map((seed) => {
      const account = trainAndTrade(market, { ...training, seed, prior: settings });
      onRun(name, seed, account);
      return account;
    });
  const alone = run('agent only', undefined);
  const accounts = combinations.map((mechanisms) =>
    run(mechanisms.join(' + '), settingsOf(mechanisms, prior)),
  );
  const held = heldIn(market, [alone, ...accounts].flat());
  const level = 1 - 0.05 / combinations.length;
  const guided = combinations.map((mechanisms, i) => ({
    ...summarize(mechanisms.join(' + '), accounts[i]),
    gain: compareSkill(accounts[i], alone, held, level),
  }));
  const arms = [summarize('agent only', alone), ...guided];
  return { priorReturn, arms, verdict: describeVerdict(guided, seeds.length) };
}

function summarize(name: string, accounts: readonly Backtest[]): Arm {
  const returns = accounts.map(({ metrics }) => metrics.totalReturn);
  return { name, returns, mean: interquartileMean([returns]), interval: interquartileInterval(returns) };
}

function describeVerdict(guided: readonly Arm[], numSeeds: number): string {
  if (numSeeds < LEAST_SEEDS) {
    return `No verdict: ${numSeeds} seeds cannot tell luck from help; give ${LEAST_SEEDS} or more.`;
  }
  const names = (arms: readonly Arm[]): string => arms.map(({ name }) => `"${name}"`).join(', ');
  const better = guided.filter(({ gain }) => gain!.low > 0);
  const worse = guided.filter(({ gain }) => gain!.high < 0);
  const bars = `on the later rows, after costs, over ${numSeeds} seeds`;
  const harm = worse.length > 0 ? ` ${names(worse)} did worse than the agent alone.` : '';
  if (better.length === 0) {
    return (
      `The prior does not help: ${bars} no combination earns more beyond its own mean exposure than the agent alone ` +
      `does beyond its own, by what chance leaves of seeds and path.${harm}`
    );
  }
  return `The prior helps: ${bars} ${names(better)} earned more beyond the own mean exposure than the agent alone.${harm}`;
}
