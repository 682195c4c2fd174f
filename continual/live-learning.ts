/** Lets the policy of a live session go on learning, where the session's file asks for it. */
import { ConfigError } from '../core/errors.ts';
import { barsNeeded } from '../envs/book-trading.ts';
import type { EnvParts } from '../envs/parts.ts';
import { REGISTRY_ID } from '../experiments/live/policy.ts';
import { readRegistryModel } from '../experiments/models/agent-model.ts';
import type { PluginAccess } from '../experiments/plugins/access.ts';
import type { OpsLearning } from '../live/ops/view.ts';
import type { LiveConfig } from '../live/session/config.ts';
import type { LiveRun } from '../live/session/live-run.ts';
import type { Decision } from '../live/session/session.ts';
import { ModelRegistry } from '../storage/model-registry.ts';
import type { TapeRecord } from '../storage/tape.ts';
import { openAgentCode } from './agent-policies.ts';
import type { LearningEvent } from './events.ts';
import { type FollowingLearner, followTape } from './following-learner.ts';
import { startLearner } from './learner.ts';
import { type Continual, startContinual } from './learning.ts';
import { type LearnConfig, resolveLearnConfig } from './registry-state.ts';

const HOUR_MS = 3_600_000;

export interface Learning {
  /** To be called with every record and decision of the run, also before it has begun. */
  onRecord(record: TapeRecord): void;
  onDecision(decision: Decision): void;
  /** @param onEvent called for everything that happens */
  begin(run: LiveRun, onEvent: (event: LearningEvent) => void): void;
  /** null before it has begun. */
  status(): OpsLearning | null;
  stop(): Promise<void>;
}

/**
 * Without it the first training would fail, and every one after. An episode of arbitrage counts events: how many an hour
 * brings, nobody knows before.
 * @throws ConfigError `learn-span-too-short` where no candidate could play one episode in the span
 */
function requireSpan({ spanHours }: LearnConfig, session: LiveConfig, parts: EnvParts): void {
  if (session.mode !== 'trading') return;
  const { barMs, episodeBars } = session.env;
  const numNeeded = barsNeeded(session.env, parts);
  // A span ends with a bar: what of one was there before it, and the last, of which the end is not on the tape yet, are lost.
  const numWhole = Math.max(0, Math.ceil((spanHours * HOUR_MS) / barMs) - 2);
  if (numWhole >= numNeeded) return;
  const fittingHours = Math.ceil(((numNeeded + 2) * barMs * 1000) / HOUR_MS) / 1000;
  const fittingBars = numWhole - (numNeeded - Math.max(1, episodeBars));
  const orShorter =
    fittingBars >= 1 && episodeBars > 1 ? `, or env.episodeBars to ${fittingBars} or less` : '';
  throw new ConfigError(
    'learn-span-too-short',
    `learn.spanHours is ${spanHours}, which holds ${numWhole} whole bars of env.barMs ${barMs}, but one episode needs ` +
      `${numNeeded}: env.episodeBars ${episodeBars} after the bars of features, env.normalizationBars and env.window; set ` +
      `learn.spanHours to ${fittingHours} or more${orShorter}.`,
  );
}

/**
 * @param settings the section `learn`
 * @returns undefined where learning is not enabled
 * @throws ConfigError `learn-needs-registry`, `learn-span-too-short`, and as `resolveLearnConfig`; StorageError as the registry
 */
export async function prepareLearning(
  settings: Parameters<typeof startLearner>[0]['learn'],
  {
    registry: path,
    model,
    session,
    access = {},
  }: { registry: string; model: string; session: LiveConfig; access?: PluginAccess },
): Promise<Learning | undefined> {
  const learn = resolveLearnConfig(settings);
  if (!learn.enabled) return undefined;
  if (!REGISTRY_ID.test(model)) {
    throw new ConfigError(
      'learn-needs-registry',
      `Only a model of the registry can go on learning, and "${model}" is none; add it with market-gym models add RUN, ` +
        'promote it, and name it with --model.',
    );
  }
  const [name] = model.split('@');
  const champion = readRegistryModel(path, `${name}@champion`);
  const code = await openAgentCode(champion, champion.plugins ?? [], access, `The model "${champion.id}"`);
  const { catalog, network } = code;
  requireSpan(learn, session, catalog);
  let continual: Continual | undefined;
  let learner: FollowingLearner | undefined;
  let close = async (): Promise<void> => {};
  return {
    onRecord(record) {
      learner?.onRecord(record);
      continual?.onRecord(record);
    },
    onDecision: (decision) => continual?.onDecision(decision),
    begin(run, onEvent) {
      const registry = new ModelRegistry(path);
      const following = followTape(run.tapePath, (tape) =>
        startLearner({
          tape,
          registry: path,
          plugins: catalog.files,
          ...(network && { network: network.record }),
          learn: settings,
        }),
      );
      learner = following;
      continual = startContinual({ run, registry, model: name, ...code, learn, learner: following, onEvent });
      close = async () => {
        await continual?.stop();
        await following.stop();
        registry.close();
      };
    },
    status() {
      if (continual === undefined) return null;
      const { candidate = null, task = null, drift = null, ...rest } = continual.status;
      return { ...rest, candidate, task, drift };
    },
    stop: () => close(),
  };
}
