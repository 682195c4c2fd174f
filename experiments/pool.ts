/** Runs trials in processes of their own, several at a time: one that crashes takes no other along. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { typeScriptLoader } from '../core/typescript-loader.ts';
import type { LedgerSpool } from './ledger/spool.ts';
import type { LedgerChoice } from './ledger/use-ledger.ts';
import type { Trial } from './plan.ts';
import type { TrainingEvent } from './run/events.ts';
import type { Segment } from './search/segment.ts';
import type { FromWorker, ToWorker } from './worker.ts';

export type TrialOutcome =
  | { readonly kind: 'interrupted' }
  /** `uncounted`: why it is not in the ledger of trials. */
  | { readonly kind: 'finished'; readonly uncounted?: string }
  /** `details` is the output of a process that crashed. */
  | { readonly kind: 'failed'; readonly message: string; readonly details?: string };

/** Carries a trial, or a part of one, out: in a process of this machine, or on another. */
export type RunTrial = (trial: Trial, options: RunTrialOptions) => Promise<TrialOutcome>;

export interface RunTrialOptions {
  /** Where it is counted. */
  readonly ledger: LedgerChoice;
  /** Once aborted, it saves what it has and stops. */
  readonly signal: AbortSignal;
  readonly onTraining: (trial: Trial, event: TrainingEvent) => void;
  /** A part of a search's trial; default: the whole trial, and its judgement. */
  readonly segment?: Segment;
}

export interface PoolOptions {
  /** Trials at a time. */
  readonly jobs: number;
  /** Who carries them out. Default: a process of this machine. */
  readonly run?: RunTrial;
  /** Where each is counted. */
  readonly ledger: LedgerChoice;
  /** Once aborted, no trial is begun, and those that run save and stop. */
  readonly signal: AbortSignal;
  readonly onTraining: (trial: Trial, event: TrainingEvent) => void;
  readonly onOutcome: (trial: Trial, outcome: TrialOutcome) => void;
}

/** Of a crash's output, the end is kept: characters. */
const MAX_DETAILS = 10_000;

const LOADER = typeScriptLoader(import.meta.url);
const WORKER = fileURLToPath(
  new URL(`worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Resolves when every trial that was begun has ended. */
export async function runPool(trials: readonly Trial[], options: PoolOptions): Promise<void> {
  const { run = runInProcess } = options;
  const queue = trials.values();
  const lane = async (): Promise<void> => {
    // The lanes share one iterator, which a for loop would close when one of them leaves.
    for (let next = queue.next(); !next.done && !options.signal.aborted; next = queue.next()) {
      options.onOutcome(next.value, await run(next.value, options));
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, lane));
}

/** @param options `kill`: once aborted, the process is ended as it is */
export function runInProcess(
  trial: Trial,
  {
    signal,
    ledger,
    onTraining,
    segment,
    kill,
  }: Omit<RunTrialOptions, 'ledger'> & {
    readonly ledger: LedgerChoice | LedgerSpool;
    readonly kill?: AbortSignal;
  },
): Promise<TrialOutcome> {
  return new Promise((resolve) => {
    const child = fork(WORKER, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      ...(LOADER !== undefined && { execArgv: ['--import', LOADER] }),
    });
    const send = (message: ToWorker): unknown => child.connected && child.send(message, () => {});
    const stop = (): unknown => send({ kind: 'stop' });
    const end = (): unknown => child.kill('SIGKILL');
    let outcome: TrialOutcome | undefined;
    let details = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      details = (details + text).slice(-MAX_DETAILS);
    });
    child.on('message', (message: FromWorker) => {
      if (message.kind === 'training') onTraining(trial, message.event);
      else outcome = message;
    });
    const settle = (how: string): void => {
      signal.removeEventListener('abort', stop);
      kill?.removeEventListener('abort', end);
      // A process that was interrupted before it could listen has lost nothing.
      const unsaid: TrialOutcome = signal.aborted
        ? { kind: 'interrupted' }
        : { kind: 'failed', message: `Its process ended with ${how}.`, details: details.trim() };
      resolve(outcome ?? unsaid);
    };
    child.on('error', (error) => settle(`"${error.message}"`));
    child.on('close', (code, killedBy) => settle(killedBy ?? `exit code ${code}`));
    signal.addEventListener('abort', stop);
    kill?.addEventListener('abort', end);
    send({ kind: 'run', trial, ledger, segment });
  });
}
