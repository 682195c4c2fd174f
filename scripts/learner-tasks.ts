/** What a learner does on its own thread: it reads the session's tape, learns, and judges. */
import type { ConfigSchema } from '../core/config.ts';
import { createRng } from '../core/rng.ts';
import { hashSnapshot } from '../core/snapshot.ts';
import { mean } from '../core/statistics.ts';
import { ArbitrageEnv } from '../envs/arbitrage.ts';
import { BookTradingEnv } from '../envs/book-trading.ts';
import type { Env, StepResult } from '../envs/env.ts';
import { createVectorEnv } from '../envs/vector-env.ts';
import type { LiveMarket } from '../live/live-market.ts';
import { replayTape } from '../live/replay.ts';
import { FillCosts, runShadows, Shadows } from '../live/shadow.ts';
import { TapeWindow } from '../live/tape-window.ts';
import type { VenuePlugin } from '../live/venue.ts';
import { type AgentModel, packAgentModel, unpackAgentModel } from '../storage/agent-model.ts';
import type { ModelRegistry } from '../storage/model-registry.ts';
import { readTape, type TapeEntry } from '../storage/tape.ts';
import { type LearnConfig, type Stretch, settleVerdict } from '../trainers/continual.ts';
import type { DriftReference } from '../trainers/drift.ts';
import { fineTune, stateDefect } from '../trainers/fine-tune.ts';
import { judgeChallenger } from '../trainers/gate.ts';
import { buildPolicy, buildStoredAgent, loadPolicy } from './agent-policies.ts';
import { type Catalog, version } from './catalog.ts';

const HOUR_MS = 3_600_000;

export type LearnerTask =
  /** Makes a candidate from what was on the tape before the cut. */
  | { readonly kind: 'train'; readonly champion: string; readonly cutMs: number }
  /** Both trade the stretch in shadow; the verdict goes into the registry. */
  | {
      readonly kind: 'judge';
      readonly champion: string;
      readonly challenger: string;
      readonly stretch: Stretch;
      readonly trial: number;
      readonly nowMs: number;
    }
  /** What a policy is to be compared with, and what it has done since it took over. */
  | { readonly kind: 'watch'; readonly champion: string; readonly proof: Stretch | undefined };

export type LearnerResult =
  | { readonly kind: 'trained'; readonly id: string }
  | {
      readonly kind: 'judged';
      readonly decision: 'promote' | 'reject';
      readonly reasons: readonly string[];
      readonly challenger: AgentModel;
      readonly createdMs: number;
    }
  /** The tape does not reach the end of the stretch yet. */
  | { readonly kind: 'early' }
  | {
      readonly kind: 'watched';
      readonly reference: DriftReference | undefined;
      readonly history: History;
      readonly meanFillCostBps: number;
    }
  | { readonly kind: 'failed'; readonly message: string };

/** A policy's own decisions, and the fills, since it took over; N decisions. */
export interface History {
  readonly index: number[]; // [N]
  readonly observations: Float32Array[]; // [N], [D] each
  readonly actions: number[][]; // [N], [A] each
  readonly equity: number[]; // [N]
  readonly fillCostsBps: number[];
}

export interface LearnerContext {
  readonly tape: string;
  readonly registry: ModelRegistry;
  readonly catalog: Catalog;
  readonly venues: readonly VenuePlugin<ConfigSchema>[];
  readonly learn: LearnConfig;
  /** The last `learn.spanHours` of the tape; kept between tasks, each one reads on from the last. Made where there is none. */
  readonly window?: TapeWindow;
}

/** What candidates are made from: the last `learn.spanHours` of the tape. */
export function trainingWindow({
  tape,
  venues,
  learn,
}: Pick<LearnerContext, 'tape' | 'venues' | 'learn'>): TapeWindow {
  return new TapeWindow(tape, venues, learn.spanHours * HOUR_MS);
}

/** The same task on the same tape has the same outcome, to the bit. */
export function performTask(task: LearnerTask, context: LearnerContext): LearnerResult {
  if (task.kind === 'train') return trainCandidate(task, context);
  return task.kind === 'judge' ? judgeCandidate(task, context) : watch(task, context);
}

function trainCandidate(
  { champion, cutMs }: Extract<LearnerTask, { kind: 'train' }>,
  context: LearnerContext,
): LearnerResult {
  const { registry, catalog, learn } = context;
  const artifact = registry.load(champion);
  const base = unpackAgentModel(artifact);
  const { steps, seed, agentSettings } = learn;
  const data = (context.window ?? trainingWindow(context)).upTo(cutMs);
  const { books } = data;
  const { mode, env: config } = data.header.config;
  const createEnv = (envSeed: number): Env =>
    mode === 'arbitrage'
      ? new ArbitrageEnv({ books, seed: envSeed, config })
      : new BookTradingEnv({ books, trades: data.trades, seed: envSeed, config });
  const candidateSeed = createRng(`${seed}/${champion}/${cutMs}`).integer(2 ** 31);
  const envs = createVectorEnv(Array.from({ length: base.numEnvs }, (_, i) => createEnv(candidateSeed + i)));
  const { observationSpace, actionSpace, situation } = envs;
  const home = { observationSpace, actionSpace, actionMask: situation.actionMasks };
  const agent = buildStoredAgent(base, home, catalog, {
    steps: base.steps + steps,
    seed: candidateSeed,
    settings: agentSettings,
  });
  const state = fineTune({ agent, state: base.state, envs, steps, seed: candidateSeed });
  const model: AgentModel = {
    ...base,
    env: {
      name: mode === 'arbitrage' ? 'arbitrage' : 'trading-books',
      config: config as AgentModel['env']['config'],
    },
    steps: base.steps + steps,
    state,
  };
  const { timeMs, bidPrices, askPrices, length } = books;
  const { details, files } = packAgentModel(model, {
    name: artifact.record.name,
    parent: artifact.record.id,
    data: {
      hash: hashSnapshot({ arrays: { timeMs, bidPrices, askPrices }, values: {} }),
      fromMs: timeMs[0],
      toMs: timeMs[length - 1],
    },
    codeVersion: version,
    createdMs: cutMs,
  });
  return { kind: 'trained', id: registry.save(details, files).id };
}

function judgeCandidate(
  { champion, challenger, stretch, trial, nowMs }: Extract<LearnerTask, { kind: 'judge' }>,
  context: LearnerContext,
): LearnerResult {
  const { tape, registry, learn, catalog } = context;
  const ids = [champion, challenger];
  const artifacts = ids.map((id) => registry.load(id));
  const models = artifacts.map(unpackAgentModel);
  const runs = runShadows({
    entries: readFollowing(tape),
    venues: context.venues,
    ...stretch,
    policies: models.map((model, i) => (market: LiveMarket) => {
      // A model's age is not what is judged.
      return buildPolicy(model, { id: ids[i], createdMs: Number.NaN }, market, catalog);
    }),
  });
  if (runs === undefined) return { kind: 'early' };
  const { manifest } = artifacts[1];
  const defect = stateDefect(models[1].state);
  const verdict = judgeChallenger(
    {
      champion: runs[0],
      challenger: defect === undefined ? runs[1] : { ...runs[1], failure: `its ${defect}` },
      trainedToMs: manifest.data?.toMs ?? Number.NaN,
      championTrainedToMs: artifacts[0].manifest.data?.toMs ?? Number.NaN,
      trial,
    },
    learn.gate,
    createRng(`${learn.seed}/${challenger}/bootstrap`),
  );
  settleVerdict(registry, challenger, verdict, nowMs);
  const { decision, reasons } = verdict;
  return { kind: 'judged', decision, reasons, challenger: models[1], createdMs: manifest.createdMs };
}

function watch(
  { champion, proof }: Extract<LearnerTask, { kind: 'watch' }>,
  { tape, registry, catalog, venues }: LearnerContext,
): LearnerResult {
  const policyOf = (id: string, market: LiveMarket) => loadPolicy(registry, id, market, catalog);
  const shadow =
    proof &&
    new Shadows({
      venues,
      ...proof,
      policies: [(market) => ({ ...policyOf(champion, market), createdMs: Number.NaN })],
    });
  let history = emptyHistory();
  const costs = new FillCosts();
  let model = '';
  replayTape(alsoTaken(readFollowing(tape), shadow), {
    venues,
    policyFor: (id, _createdMs, market) => {
      if (id !== model) history = emptyHistory();
      model = id;
      return policyOf(id, market);
    },
    record: (record) => {
      const cost = costs.take(record);
      if (!Number.isNaN(cost)) history.fillCostsBps.push(cost);
    },
    onDecision: ({ index, ruling, action, step }) => {
      if (ruling.verdict !== 'pass') return;
      history.index.push(index);
      history.observations.push(step.observation.slice());
      history.actions.push(typeof action === 'number' ? [action] : [...action]);
      history.equity.push(equityOf(step));
    },
  });
  const run = shadow?.results()?.[0];
  return {
    kind: 'watched',
    reference: run,
    history: model === champion ? history : emptyHistory(),
    meanFillCostBps: run === undefined || run.fillCostsBps.length === 0 ? 0 : mean(run.fillCostsBps),
  };
}

/** Quote units, at a decision. */
export function equityOf({ info }: StepResult<object>): number {
  return (info as { equity: number }).equity;
}

function emptyHistory(): History {
  return { index: [], observations: [], actions: [], equity: [], fillCostsBps: [] };
}

/** The whole tape; a line that is just being written is left for later. */
function readFollowing(tape: string): Generator<TapeEntry> {
  return readTape(tape, { onTorn: () => {} });
}

/** One reading for two. */
function* alsoTaken(entries: Iterable<TapeEntry>, shadow: Shadows | undefined): Generator<TapeEntry> {
  for (const entry of entries) {
    shadow?.take(entry.record);
    yield entry;
  }
}
