/** Starts a learner on a thread of its own: decisions never wait for it. */
import { Worker } from 'node:worker_threads';
import { THREAD_START, threadEntry } from '../core/typescript-loader.ts';
import type { LearnerResult, LearnerTask } from './learner-tasks.ts';
import type { LearnerWorkerData } from './learner-worker.ts';

export interface Learner {
  /** Tasks are carried out in order. A task that cannot be has the result `failed`; it never rejects. */
  perform(task: LearnerTask): Promise<LearnerResult>;
  /** Ends the thread; what is under way is lost, and due again at the next start. */
  stop(): Promise<void>;
}

const SOURCE = `${THREAD_START}
running.catch((error) => { setImmediate(() => { throw error; }); });`;

export function startLearner(data: LearnerWorkerData): Learner {
  const worker = new Worker(SOURCE, {
    eval: true,
    workerData: { ...data, ...threadEntry(import.meta.url, 'learner-worker') },
    execArgv: [],
  });
  worker.unref();
  const waiting: ((result: LearnerResult) => void)[] = [];
  let over: string | undefined;
  const end = (message: string): void => {
    over ??= message;
    for (const answer of waiting.splice(0)) answer({ kind: 'failed', message: over });
  };
  worker.on('message', (result: LearnerResult) => waiting.shift()?.(result));
  worker.on('error', (error) => end(`The learner ended: ${error.message}`));
  worker.on('exit', () => end('The learner has ended.'));
  return {
    perform(task) {
      if (over !== undefined) return Promise.resolve({ kind: 'failed', message: over });
      const { promise, resolve } = promiseOf();
      waiting.push(resolve);
      worker.postMessage(task);
      return promise;
    },
    async stop() {
      await worker.terminate();
    },
  };
}

function promiseOf(): { promise: Promise<LearnerResult>; resolve: (result: LearnerResult) => void } {
  let resolve: (result: LearnerResult) => void = () => {};
  const promise = new Promise<LearnerResult>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
