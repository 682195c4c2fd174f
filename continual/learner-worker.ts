/** The thread of a learner: takes tasks from its parent, one after another, and answers each. */
import { parentPort, workerData } from 'node:worker_threads';
import { MarketGymError } from '../core/errors.ts';
import { loadCatalog } from '../experiments/plugins/catalog.ts';
import { builtInVenues } from '../live/venues/built-in.ts';
import { ModelRegistry } from '../storage/model-registry.ts';
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
  /** Files with agents beside the built-in ones. */
  readonly plugins: readonly string[];
  readonly learn: Readonly<Record<string, unknown>>;
}

const { tape, registry, plugins, learn } = workerData as LearnerWorkerData;
const ready: Promise<LearnerContext> = loadCatalog(plugins).then((catalog) => {
  const resolved = resolveLearnConfig(learn);
  return {
    tape,
    registry: new ModelRegistry(registry),
    catalog,
    venues: builtInVenues,
    learn: resolved,
    window: trainingWindow({ tape, venues: builtInVenues, learn: resolved }),
  };
});

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
