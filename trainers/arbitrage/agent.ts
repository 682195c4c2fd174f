/** Trains one agent for arbitrage: by cloning a rule, then on markets like the training span, then on the span. */

import type { Agent } from '../../agents/agent.ts';
import { createRng, type Rng } from '../../core/rng.ts';
import { mean } from '../../core/statistics.ts';
import type { ArbitrageEnv } from '../../envs/arbitrage.ts';
import { createVectorEnv, type VectorEnv } from '../../envs/vector/vector-env.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { fitSyntheticVenues } from '../../market/synthetic/venue-fit.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import { cloneBehaviour, requireStudent } from '../clone-behaviour.ts';
import { type TrainCallback, train } from '../train.ts';
import type { ArbitrageRule } from './baselines.ts';
import type { RowSpan } from './judge.ts';
import { envOf, type JudgedConfig } from './judged-config.ts';
import type { ArbitrageTrainingOptions } from './options.ts';

type SyntheticFit = ReturnType<typeof fitSyntheticVenues>;

/** Fitted synthetic markets that the ladder is tuned on beside the training span. */
const LADDER_MARKETS = 8;
const CLONING = { epochs: 8, learningRate: 3e-3, minibatchSize: 256, randomActionShare: 0.03 };
/** Windows that the fine-tuning episodes are drawn from, as a part of the training span. */
const WINDOW_SHARE = 0.7;

/** Made of the training span once, for every seed. */
export interface SharedInputs {
  readonly span: RowSpan;
  /** The market fitted to it, when something is learnt there. */
  readonly synthetic: SyntheticFit | undefined;
  readonly teacher: ArbitrageRule | undefined;
}

/** Clones the teacher first, then learns by its own trades on the fitted market, then by those on the training span. */
export function trainArbitrageAgent(
  options: ArbitrageTrainingOptions,
  shared: SharedInputs,
  seed: number,
): Agent {
  const { books, config, cloningSteps, syntheticSteps, tapeSteps, agentSettings } = options;
  const { span, synthetic, teacher } = shared;
  const fitted = synthetic === undefined ? [] : syntheticEnvs(options, synthetic, span.toRow, seed);
  const onTape = tapeEnvs(options, span, seed);
  const tape = createVectorEnv(onTape);
  const rng = createRng(seed);
  const agent = buildAgent(options, tape, rng);
  if (teacher !== undefined && cloningSteps > 0) {
    cloneBehaviour({
      ...CLONING,
      envs: createVectorEnv([...fitted, ...onTape]),
      student: agent,
      teacher: teacher.agentFor(envOf(config, books)),
      steps: cloningSteps,
      gamma: Number(agentSettings.gamma ?? 0.99),
      rng: rng.fork('lesson'),
    });
  }
  if (syntheticSteps > 0) {
    const callbacks = [tellLearning(options, seed, 0)];
    train({ envs: createVectorEnv(fitted), agent, totalSteps: syntheticSteps, seed, callbacks });
  }
  if (tapeSteps > 0) {
    const callbacks = [tellLearning(options, seed, syntheticSteps)];
    train({ envs: tape, agent, totalSteps: tapeSteps, seed, callbacks });
  }
  return agent;
}

/** @param before steps that were taken before this training */
function tellLearning({ onLearning }: ArbitrageTrainingOptions, seed: number, before: number): TrainCallback {
  return ({ step, episodes }) => {
    if (episodes.length > 0)
      onLearning?.(seed, before + step, mean(episodes.map((episode) => episode.return)));
    return undefined;
  };
}

/** @throws ConfigError `cannot-imitate` where the agent is to clone a rule and has no way to: before anything is tuned */
export function requireCloning(options: ArbitrageTrainingOptions, span: RowSpan): void {
  const [seed] = options.seeds;
  requireStudent(buildAgent(options, createVectorEnv(tapeEnvs(options, span, seed)), createRng(seed)));
}

function buildAgent(
  { agent, agentSettings, numEnvs, syntheticSteps, tapeSteps }: ArbitrageTrainingOptions,
  { observationSpace, actionSpace, stepContext }: VectorEnv,
  rng: Rng,
): Agent {
  const masksActions = stepContext.actionMasks !== undefined;
  const totalSteps = syntheticSteps + tapeSteps;
  return agent.build(
    { observationSpace, actionSpace, masksActions, numEnvs, rng, totalSteps },
    agentSettings,
  );
}

/** Markets that are like the training span, for the ladder to be tuned on. */
export function ladderMarkets(fit: SyntheticFit, events: number): BookTape[] {
  return Array.from({ length: LADDER_MARKETS }, (_, i) =>
    new SyntheticVenues({ ...fit, events }).generate(createRng(`ladder market ${i}`)),
  );
}

function syntheticEnvs(
  { config, numEnvs }: ArbitrageTrainingOptions,
  fit: SyntheticFit,
  events: number,
  seed: number,
): ArbitrageEnv[] {
  return Array.from({ length: numEnvs }, (_, i) => {
    // Each env has a market of its own, as a new tape overwrites the one before.
    const market = new SyntheticVenues({ ...fit, events });
    return envOf(config, (rng) => market.generate(rng), seed * numEnvs + i);
  });
}

function tapeEnvs(
  { books, config, numEnvs }: ArbitrageTrainingOptions,
  span: RowSpan,
  seed: number,
): ArbitrageEnv[] {
  const numEvents = span.toRow - span.fromRow - config.warmupEvents;
  const episodeEvents = config.episodeEvents || Math.floor(WINDOW_SHARE * numEvents);
  const windows: JudgedConfig = { ...config, ...span, episodeEvents, episodeStart: 'random' };
  return Array.from({ length: numEnvs }, (_, i) => envOf(windows, books, seed * numEnvs + i));
}
