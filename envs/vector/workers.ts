/** Runs a crew of threads, each with its share of the envs of a vector env: commands go to all, and all are waited for. */
import { pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { ConfigError, DataError, EnvError, StorageError, TrainingError } from '../../core/errors.ts';
import { THREAD_START, threadEntry } from '../../core/typescript-loader.ts';
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
  type SentError,
  WORDS_PER_WORKER,
  WORKERS,
  type WorkerData,
} from './worker-protocol.ts';

export interface EnvWorkersOptions {
  /** Path or URL of the module that builds the envs, an `EnvModule`; TypeScript is understood. */
  readonly module: string | URL;
  /** Plain data for `createEnv`; typed arrays in it lie in shared memory, are copied there once if need be. */
  readonly argument?: unknown;
  readonly numEnvs: number;
  /** Threads, ≥ 1; never more than envs. Results do not depend on it. */
  readonly workers: number;
  /**
   * How long a command may take before its workers count as lost, in milliseconds; to build the envs, a minute at least.
   * Default: a minute.
   */
  readonly timeoutMs?: number;
}

interface Share {
  /** The envs `first` to `end` − 1. */
  readonly first: number;
  readonly end: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** What fails before `worker.ts` has taken over is told from here. */
const SOURCE = `${THREAD_START}
const { control, port, worker } = workerData;
running.catch(({ name, message, stack }) => {
  port.postMessage({ error: { name, message, stack } });
  Atomics.store(control, ${WORKERS + HAS_REPLY} + worker * ${WORDS_PER_WORKER}, 1);
  Atomics.sub(control, ${PENDING}, 1);
  Atomics.notify(control, ${PENDING});
});`;

export class EnvWorkers {
  readonly numEnvs: number;
  readonly shares: readonly Share[];
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #timeoutMs: number;
  readonly #workers: readonly Worker[];
  readonly #ports: readonly MessagePort[];
  /** Why there are no threads any more. */
  #over: EnvError | undefined;

  constructor({ module, argument, numEnvs, workers, timeoutMs = DEFAULT_TIMEOUT_MS }: EnvWorkersOptions) {
    const count = Math.min(workers, numEnvs);
    this.numEnvs = numEnvs;
    this.#timeoutMs = timeoutMs;
    this.shares = Array.from({ length: count }, (_, w) => ({
      first: Math.floor((w * numEnvs) / count),
      end: Math.floor(((w + 1) * numEnvs) / count),
    }));
    this.#control = new Int32Array(new SharedArrayBuffer(4 * (WORKERS + count * WORDS_PER_WORKER)));
    this.#control[PENDING] = count;
    const url =
      typeof module === 'string' && !/^(file|data|node):/.test(module) ? pathToFileURL(module) : module;
    const { href } = new URL(url);
    const entry = threadEntry(import.meta.url, 'worker', [href]);
    const shared = shareArrays(argument, new Map());
    const channels = this.shares.map(() => new MessageChannel());
    this.#ports = channels.map(({ port1 }) => port1);
    this.#workers = this.shares.map((share, w) => {
      const port = channels[w].port2;
      const data: WorkerData = {
        ...share,
        control: this.#control,
        port,
        worker: w,
        module: href,
        argument: shared,
      };
      const worker = new Worker(SOURCE, {
        eval: true,
        workerData: { ...data, ...entry },
        transferList: [port],
        execArgv: [],
      });
      worker.unref();
      // What ended it is told by `command`.
      worker.on('error', () => {});
      return worker;
    });
  }

  /** Which of the two buffers is written. */
  get buffer(): number {
    return this.#control[BUFFER];
  }

  set buffer(value: number) {
    this.#control[BUFFER] = value;
  }

  /** Waits until all envs are built. */
  introduce(): Introduction[] {
    return this.#answers(Math.max(this.#timeoutMs, DEFAULT_TIMEOUT_MS)) as Introduction[];
  }

  /**
   * Has every worker carry out a command.
   * @param payloadOf what to send to the worker with a share; none by default
   * @returns each worker's reply, undefined where it had nothing to say
   * @throws the error of the first worker that met with one
   */
  command(command: number, payloadOf?: (share: Share) => unknown): unknown[] {
    if (this.#over !== undefined) throw this.#over;
    const control = this.#control;
    this.#requireAlive();
    if (payloadOf !== undefined) {
      this.shares.forEach((share, w) => {
        this.#ports[w].postMessage(payloadOf(share));
      });
    }
    Atomics.store(control, COMMAND, command);
    Atomics.store(control, PENDING, this.shares.length);
    Atomics.add(control, SEQUENCE, 1);
    Atomics.notify(control, SEQUENCE);
    return this.#answers(this.#timeoutMs);
  }

  /** Closes the envs, and ends the threads. */
  close(): void {
    if (this.#over !== undefined) return;
    try {
      this.command(Command.close);
    } finally {
      this.end();
    }
  }

  /** Ends the threads, whatever they do. */
  end(): void {
    this.#over ??= new EnvError('env-workers-closed', 'These envs are closed; create new ones to go on.');
    for (const port of this.#ports) port.close();
    for (const worker of this.#workers) void worker.terminate();
  }

  #answers(timeoutMs: number): unknown[] {
    const control = this.#control;
    for (
      let pending = Atomics.load(control, PENDING);
      pending > 0;
      pending = Atomics.load(control, PENDING)
    ) {
      if (Atomics.wait(control, PENDING, pending, timeoutMs) === 'timed-out') {
        throw this.#lose(
          `${pending} of ${this.shares.length} env workers did not answer within ${timeoutMs / 1000} s`,
        );
      }
    }
    const replies = this.shares.map((_, w) => this.#takeReply(w));
    for (const reply of replies) if (reply !== undefined && 'error' in reply) throw revive(reply.error);
    this.#requireAlive();
    return replies.map((reply) => reply && (reply as { value: unknown }).value);
  }

  #takeReply(worker: number): Reply | undefined {
    const word = WORKERS + worker * WORDS_PER_WORKER + HAS_REPLY;
    if (Atomics.exchange(this.#control, word, 0) === 0) return undefined;
    return receiveMessageOnPort(this.#ports[worker])!.message;
  }

  #requireAlive(): void {
    const lost = this.shares.findIndex(
      (_, w) => Atomics.load(this.#control, WORKERS + w * WORDS_PER_WORKER + HAS_ENDED) !== 0,
    );
    if (lost < 0) return;
    const { first, end } = this.shares[lost];
    const envs = end - first === 1 ? `env ${first}` : `envs ${first} to ${end - 1}`;
    throw this.#lose(`The worker of ${envs} ended by itself`);
  }

  #lose(what: string): EnvError {
    const error = new EnvError(
      'env-worker-lost',
      `${what}. Step the envs in one thread to see what they do, or resume from the last checkpoint.`,
    );
    this.#over = error;
    this.end();
    return error;
  }
}

function revive({ name, code, message, stack }: SentError): Error {
  const cause = new Error(message);
  cause.stack = stack;
  if (code === undefined)
    return new EnvError('env-worker-failed', `An env worker failed: ${name}: ${message}`, { cause });
  const classes = { ConfigError, DataError, EnvError, StorageError, TrainingError };
  const Kind = Object.hasOwn(classes, name) ? classes[name as keyof typeof classes] : EnvError;
  return new Kind(code, message, { cause });
}

/** Plain data with every typed array in shared memory. */
function shareArrays(value: unknown, done: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!done.has(value)) done.set(value, shareObject(value, done));
  return done.get(value);
}

function shareObject(value: object, done: Map<object, unknown>): unknown {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const array = value as Float64Array;
    if (array.buffer instanceof SharedArrayBuffer) return array;
    const shared = new (array.constructor as Float64ArrayConstructor)(
      new SharedArrayBuffer(array.byteLength),
    );
    shared.set(array);
    return shared;
  }
  if (Array.isArray(value)) return value.map((element) => shareArrays(element, done));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, shareArrays(element, done)]));
}
