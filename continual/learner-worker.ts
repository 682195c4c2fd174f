/** Runs a learner's tasks on a thread of their own, one after another, and answers each. */
import { parentPort, workerData } from 'node:worker_threads';
import { MarketGymError } from '../core/errors.ts';
import { requireUnchanged } from '../experiments/plugins/access.ts';
import { loadGranted } from '../experiments/plugins/catalog.ts';
import { type NetworkRecord, repeatNetwork } from '../experiments/plugins/network.ts';
import { ModelRegistry } from '../storage/model-registry.ts';
import type { PluginFile } from '../storage/plugin-file.ts';
import type { AgentCode } from './agent-policies.ts';
import {
  type LearnerContext,
  type LearnerResult,
  type LearnerTask,
  performTask,
  trainingWindow,
} from './learner-tasks.ts';
import { resolveLearnConfig } from './registry-state.ts';

/** What the thread is started with: plain data. */
export interface LearnerWorkerData {
  readonly tape: string;
  /** Directory of the registry. */
  readonly registry: string;
  /** Files beside the framework's own that the session has been allowed to run. */
  readonly plugins: readonly PluginFile[];
  /** What makes the networks of the agents, where that is a file, likewise. */
  readonly network?: NetworkRecord;
  readonly learn: Readonly<Record<string, unknown>>;
}

const { tape, registry, learn, ...files } = workerData as LearnerWorkerData;
const ready: Promise<LearnerContext> = loadUnchanged(files).then((code) => {
  const resolved = resolveLearnConfig(learn);
  const venues = [...code.catalog.venues];
  return {
    tape,
    registry: new ModelRegistry(registry),
    ...code,
    venues,
    learn: resolved,
    window: trainingWindow({ tape, venues, learn: resolved }),
  };
});

async function loadUnchanged({
  plugins,
  network,
}: Pick<LearnerWorkerData, 'plugins' | 'network'>): Promise<AgentCode> {
  requireUnchanged(plugins);
  const catalog = await loadGranted(plugins);
  return network === undefined ? { catalog } : { catalog, network: await repeatNetwork(network, catalog) };
}

async function perform(task: LearnerTask): Promise<LearnerResult> {
  try {
    return performTask(task, await ready);
  } catch (error) {
    const text = error instanceof MarketGymError ? error.message : (error as Error).stack;
    return { kind: 'failed', message: text ?? String(error) };
  }
}

let last: Promise<unknown> = Promise.resolve();
parentPort?.on('message', (task: LearnerTask) => {
  last = last.then(async () => parentPort?.postMessage(await perform(task)));
});
