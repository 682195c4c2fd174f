/** Lets the policy of a live session go on learning, where the session's file asks for it. */
import { ConfigError } from '../core/errors.ts';
import type { LiveRun } from '../live/live-run.ts';
import type { OpsLearning } from '../live/ops-view.ts';
import type { Decision } from '../live/session.ts';
import { ModelRegistry } from '../storage/model-registry.ts';
import type { TapeRecord } from '../storage/tape.ts';
import { resolveLearnConfig } from '../trainers/continual.ts';
import { readRegistryModel } from './agent-model.ts';
import { loadCatalog } from './catalog.ts';
import { type Continual, startContinual } from './continual.ts';
import { startLearner } from './learner.ts';
import { REGISTRY_ID } from './live-policy.ts';

export interface Learning {
  /** To be told of every record and decision of the run, also before it has begun. */
  onRecord(record: TapeRecord): void;
  onDecision(decision: Decision): void;
  /** @param onNews told in words of everything that happens */
  begin(run: LiveRun, onNews: (text: string) => void): void;
  /** null before it has begun. */
  status(): OpsLearning | null;
  stop(): Promise<void>;
}

/**
 * @param settings the section `learn`
 * @returns undefined where learning is not enabled
 * @throws ConfigError `learn-needs-registry`, and as `resolveLearnConfig`; StorageError as the registry
 */
export async function prepareLearning(
  settings: Parameters<typeof startLearner>[0]['learn'],
  { tape, registry: path, model }: { tape: string; registry: string; model: string },
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
  const { plugins = [] } = readRegistryModel(path, `${name}@champion`);
  const catalog = await loadCatalog(plugins);
  let continual: Continual | undefined;
  let close = async (): Promise<void> => {};
  return {
    onRecord: (record) => continual?.onRecord(record),
    onDecision: (decision) => continual?.onDecision(decision),
    begin(run, onNews) {
      const registry = new ModelRegistry(path);
      const learner = startLearner({ tape, registry: path, plugins, learn: settings });
      continual = startContinual({ run, registry, model: name, catalog, learn, learner, onNews });
      close = async () => {
        await continual?.stop();
        await learner.stop();
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
