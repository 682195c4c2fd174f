/** Performs a learner's tasks: reads the session's tape, trains, and judges. */
import type { ConfigSchema } from '../core/config.ts';
import { createRng } from '../core/rng.ts';
import { hashSnapshot, type Json, type Snapshot } from '../core/snapshot.ts';
import { builtInEnvs } from '../envs/built-in.ts';
import type { Env } from '../envs/env.ts';
import { createVectorEnv } from '../envs/vector/vector-env.ts';
import type { Catalog } from '../experiments/plugins/catalog.ts';
import { version } from '../experiments/version.ts';
import type { VenuePlugin } from '../live/connection/venue.ts';
import type { LiveConfig } from '../live/session/config.ts';
import type { LiveMarket } from '../live/session/live-market.ts';
import { replayTape } from '../live/tape/replay.ts';
import { type AgentModel, packAgentModel, unpackAgentModel } from '../storage/agent-model.ts';
import type { ModelRegistry } from '../storage/model-registry.ts';
import { readTape, type TapeEntry } from '../storage/tape.ts';
import type { TrialSeries } from '../storage/trials/trial.ts';
import { type AgentCode, buildPolicy, buildStoredAgent, loadPolicy } from './agent-policies.ts';
import { DriftHistory, driftSamples } from './drift-history.ts';
import type { DriftProfile } from './drift-profile.ts';
import { fineTune, stateDefect } from './fine-tune.ts';
import { judgeChallenger } from './gate.ts';
import { type LearnConfig, type Stretch, settleVerdict } from './registry-state.ts';
import { FillCosts, runShadows, Shadows, seriesOfShadow } from './shadow.ts';
import { TapeWindow } from './tape-window.ts';

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
  /** What a policy is to be compared with, and what it has done since it took over, up to a decision. */
  | {
      readonly kind: 'watch';
      readonly champion: string;
      readonly proof: Stretch | undefined;
      readonly toIndex: number;
    };

export type LearnerResult =
  | { readonly kind: 'trained'; readonly id: string }
  | {
      readonly kind: 'judged';
      readonly decision: 'promote' | 'reject';
      readonly reasons: readonly string[];
      readonly challenger: AgentModel;
      readonly createdMs: number;
      /** The challenger's account over the stretch; absent where it broke off. */
      readonly account?: TrialSeries;
    }
  /** The tape does not reach the end of the stretch yet. */
  | { readonly kind: 'early' }
  | {
      readonly kind: 'watched';
      /** Absent: there is too little to compare with yet. */
      readonly profile: DriftProfile | undefined;
      /** A monitor that has seen everything since the policy took over. */
      readonly monitor: Snapshot;
    }
  | { readonly kind: 'failed'; readonly message: string };

export interface LearnerContext extends AgentCode {
  readonly tape: string;
  readonly registry: ModelRegistry;
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
  const env = envOf(base, data.header.config, catalog);
  const createEnv = (envSeed: number): Env =>
    catalog.envs
      .get(env.name)
      .create(
        { seed: envSeed, books, trades: data.trades, contracts: data.contracts, parts: catalog },
        env.config,
      );
  const candidateSeed = createRng(`${seed}/${champion}/${cutMs}`).integer(0x8000_0000);
  const envs = createVectorEnv(Array.from({ length: base.numEnvs }, (_, i) => createEnv(candidateSeed + i)));
  const { observationSpace, actionSpace, stepContext } = envs;
  const home = { observationSpace, actionSpace, actionMask: stepContext.actionMasks };
  const agent = buildStoredAgent(base, home, context, {
    steps: base.steps + steps,
    seed: candidateSeed,
    settings: agentSettings,
  });
  const state = fineTune({ agent, state: base.state, envs, steps, seed: candidateSeed });
  const model: AgentModel = {
    ...base,
    ...(context.network && { network: context.network.record as Json }),
    env,
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

/**
 * The env that a policy goes on learning in: that of the live session's mode with the session's settings, or the user's own
 * that it was trained in, where that trades on books.
 */
function envOf({ env }: AgentModel, live: LiveConfig, { envs }: Catalog): AgentModel['env'] {
  const builtIn = live.mode === 'arbitrage' ? 'arbitrage' : 'trading-books';
  const isOwn = envs.has(env.name) && !builtInEnvs.some(({ name }) => name === env.name);
  if (isOwn && envs.get(env.name).needsBooks) return env;
  return { name: builtIn, config: live.env as AgentModel['env']['config'] };
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
    parts: catalog,
    ...stretch,
    policies: models.map((model, i) => (market: LiveMarket) => {
      // A model's age is not what is judged.
      return buildPolicy(model, { id: ids[i], createdMs: Number.NaN }, market, context);
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
  );
  settleVerdict(registry, challenger, verdict, nowMs);
  const { decision, reasons } = verdict;
  const { createdMs } = manifest;
  return {
    kind: 'judged',
    decision,
    reasons,
    challenger: models[1],
    createdMs,
    account: seriesOfShadow(runs[1]),
  };
}

/** Ends with the decision that it was asked at: what comes later goes to the session's own monitor. */
function watch(
  { champion, proof, toIndex }: Extract<LearnerTask, { kind: 'watch' }>,
  context: LearnerContext,
): LearnerResult {
  const { tape, registry, catalog, venues } = context;
  const { drift } = context.learn;
  const policyOf = (id: string, market: LiveMarket) => loadPolicy(registry, id, market, context);
  const shadow =
    proof &&
    new Shadows({
      venues,
      parts: catalog,
      ...proof,
      windowDecisions: drift.windowDecisions,
      policies: [(market) => ({ ...policyOf(champion, market), createdMs: Number.NaN })],
    });
  let history = new DriftHistory(drift);
  const costs = new FillCosts();
  let isOver = false;
  function* untilThen(): Generator<TapeEntry> {
    for (const entry of readFollowing(tape)) {
      if (isOver) return;
      shadow?.take(entry.record);
      yield entry;
    }
  }
  replayTape(untilThen(), {
    venues,
    parts: catalog,
    policyFor: (id, _createdMs, market) => {
      // Those before it are nothing to its own. Where it was proven lies before it took over.
      const run = id === champion ? shadow?.results()?.[0] : undefined;
      history = new DriftHistory(drift, run, market.observationSpace.names);
      return policyOf(id, market);
    },
    record: (record) => {
      const cost = costs.take(record);
      if (!isOver && !Number.isNaN(cost)) history.add({ kind: 'fill', costBps: cost });
    },
    onDecision: (decision) => {
      if (!isOver) for (const sample of driftSamples(decision)) history.add(sample);
      isOver ||= decision.index >= toIndex;
    },
  });
  const { profile, monitor } = history;
  return { kind: 'watched', profile, monitor: monitor.save() };
}

/** The whole tape; a line that is just being written is left for later. */
function readFollowing(tape: string): Generator<TapeEntry> {
  return readTape(tape, { onTorn: () => {} });
}
