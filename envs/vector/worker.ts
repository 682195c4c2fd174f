/** Builds one worker thread's share of the envs of a vector env, and steps them on command. */
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { EnvError, MarketGymError } from '../../core/errors.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { Env } from '../env.ts';
import type { SharedBatch } from './shared-batch.ts';
import { createVectorEnv, type VectorEnv } from './vector-env.ts';
import {
  BUFFER,
  COMMAND,
  Command,
  HAS_ENDED,
  HAS_REPLY,
  type Introduction,
  PENDING,
  type Reply,
  SEQUENCE,
  WORDS_PER_WORKER,
  WORKERS,
  type WorkerData,
} from './worker-protocol.ts';
import type { EnvModule } from './worker-vector-env.ts';

const { control, port, worker, first, end, module, argument } = workerData as WorkerData;
const words = WORKERS + worker * WORDS_PER_WORKER;
let isBusy = true;
let isClosed = false;

/** Runs also when an env calls `process.exit`, which ends this thread alone. */
process.once('exit', () => {
  if (isClosed) return;
  Atomics.store(control, words + HAS_ENDED, 1);
  if (isBusy) answer();
});

function answer(): void {
  isBusy = false;
  Atomics.sub(control, PENDING, 1);
  Atomics.notify(control, PENDING);
}

/** @throws EnvError `info-not-plain` */
function reply(message: Reply): void {
  try {
    port.postMessage(message);
  } catch (cause) {
    throw new EnvError(
      'info-not-plain',
      `An info or a state of envs ${first} to ${end - 1} cannot go from thread to thread (${String(cause)}). ` +
        'Keep plain data in it, or step these envs in one thread.',
      { cause },
    );
  }
  Atomics.store(control, words + HAS_REPLY, 1);
}

function replyError(cause: unknown): void {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { name, message, stack } = error;
  reply({ error: { name, code: error instanceof MarketGymError ? error.code : undefined, message, stack } });
}

/**
 * Sleeps until the next command. A wake-up may be late: the caller counts a command first and wakes its workers then, and who had
 * done the command by itself in between must not take the wake-up for another one.
 */
function nextCommand(seen: number): number {
  while (Atomics.load(control, SEQUENCE) === seen) Atomics.wait(control, SEQUENCE, seen);
  isBusy = true;
  return Atomics.load(control, SEQUENCE);
}

function takePayload<Payload>(): Payload {
  return receiveMessageOnPort(port)!.message as Payload;
}

/** The env, with its number in the message of what it throws. */
function numbered(env: Env, index: number): Env {
  const guard =
    <Arguments extends unknown[], Result>(what: string, method: (...args: Arguments) => Result) =>
    (...args: Arguments): Result => {
      try {
        return method.apply(env, args);
      } catch (error) {
        throw error instanceof MarketGymError ? error : envFailed(index, what, error);
      }
    };
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset: guard('reset', env.reset),
    step: guard('step', env.step),
    ...(env.actionMask && { actionMask: guard('actionMask', env.actionMask) }),
    ...(env.save && { save: guard('save', env.save) }),
    ...(env.load && { load: guard('load', env.load) }),
    ...(env.close && { close: guard('close', env.close) }),
  };
}

function envFailed(index: number, what: string, cause: unknown): EnvError {
  const [reason] = String(cause).split('\n');
  const place = /\n\s+at (.*)/.exec(cause instanceof Error ? (cause.stack ?? '') : '')?.[1];
  const failed = new EnvError(
    'env-failed',
    `Env ${index} failed in ${what}: ${reason}${place === undefined ? '' : ` (${place})`}. Correct the env.`,
    { cause },
  );
  failed.stack = cause instanceof Error ? cause.stack : failed.stack;
  return failed;
}

async function build(): Promise<VectorEnv> {
  const { createEnv } = (await import(module)) as Partial<EnvModule>;
  if (typeof createEnv !== 'function') {
    throw new EnvError(
      'no-env',
      `${module} exports no function createEnv(index, argument); env workers need one.`,
    );
  }
  const envs: Env[] = [];
  for (let i = first; i < end; i++) {
    try {
      envs.push(numbered(await createEnv(i, argument), i));
    } catch (error) {
      throw error instanceof MarketGymError ? error : envFailed(i, 'createEnv', error);
    }
  }
  const unsaveable = envs.findIndex((env) => env.save === undefined || env.load === undefined);
  const introduction: Introduction = {
    observationSpace: envs[0].observationSpace,
    actionSpace: envs[0].actionSpace,
    hasMasks: envs.some((env) => env.actionMask !== undefined),
    unsaveable: unsaveable < 0 ? undefined : first + unsaveable,
  };
  const vector = createVectorEnv(envs, first);
  reply({ value: introduction });
  return vector;
}

/** The rows of this worker's envs. */
function ownRows<Batch extends Float32Array | Int32Array | Uint8Array>(batch: Batch, numEnvs: number): Batch {
  const rowLength = batch.length / numEnvs;
  return batch.subarray(first * rowLength, end * rowLength) as Batch;
}

function work(envs: VectorEnv): void {
  let rows: SharedBatch;

  function setUp(batch: SharedBatch): void {
    const numEnvs = batch.rewards.length;
    const own = <Batch extends Float32Array | Int32Array | Uint8Array>(array: Batch): Batch =>
      ownRows(array, numEnvs);
    rows = {
      observations: [own(batch.observations[0]), own(batch.observations[1])],
      nextObservations: own(batch.nextObservations),
      actions: own(batch.actions),
      rewards: own(batch.rewards),
      terminated: own(batch.terminated),
      truncated: own(batch.truncated),
      episodeStarts: own(batch.episodeStarts),
      masks: batch.masks && [own(batch.masks[0]), own(batch.masks[1])],
      nextMasks: batch.nextMasks && own(batch.nextMasks),
    };
  }

  /** What to act on next. */
  function show(): void {
    const buffer = Atomics.load(control, BUFFER);
    rows.observations[buffer].set(envs.observations);
    rows.episodeStarts.set(envs.stepContext.episodeStarts);
    showMask(rows.masks?.[buffer], envs.stepContext.actionMasks);
  }

  /** An env without a mask allows everything. */
  function showMask(target: Uint8Array | undefined, mask: Uint8Array | undefined): void {
    if (mask === undefined) target?.fill(1);
    else target?.set(mask);
  }

  function step(): void {
    const { nextObservations, rewards, terminated, truncated, nextActionMasks } = envs.step(rows.actions);
    rows.nextObservations.set(nextObservations);
    rows.rewards.set(rewards);
    rows.terminated.set(terminated);
    rows.truncated.set(truncated);
    showMask(rows.nextMasks, nextActionMasks);
    show();
    if (envs.finishedEpisodes.length > 0) reply({ value: envs.finishedEpisodes });
  }

  function carryOut(command: number): void {
    if (command === Command.setUp) setUp(takePayload());
    else if (command === Command.reset) {
      envs.reset(takePayload<{ seed?: number }>().seed);
      show();
    } else if (command === Command.step) step();
    else if (command === Command.save) reply({ value: envs.save() });
    else if (command === Command.load) {
      envs.load(takePayload<Snapshot>());
      show();
    } else if (command === Command.infos) reply({ value: envs.infos });
    else envs.close();
  }

  for (let seen = nextCommand(0); ; seen = nextCommand(seen)) {
    const command = Atomics.load(control, COMMAND);
    try {
      carryOut(command);
    } catch (error) {
      replyError(error);
    }
    isClosed = command === Command.close;
    answer();
    if (isClosed) return;
  }
}

let envs: VectorEnv | undefined;
try {
  envs = await build();
} catch (error) {
  replyError(error);
}
answer();
if (envs !== undefined) work(envs);
port.close();
