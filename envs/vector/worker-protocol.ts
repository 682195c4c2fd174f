/** Defines the messages between a vector env and the worker threads that step its envs, and where they share numbers. */
import type { MessagePort } from 'node:worker_threads';
import type { ActionSpace, Box } from '../spaces.ts';

/** Words of the control block; those of the workers follow `WORKERS`, `WORDS_PER_WORKER` each. */
export const SEQUENCE = 0; // counts commands; workers sleep on it
export const COMMAND = 1;
export const PENDING = 2; // workers that have not answered yet; the vector env sleeps on it
export const BUFFER = 3; // which of the two `observations` and `masks` is written
export const WORKERS = 4;
export const WORDS_PER_WORKER = 2;
/** Offsets in a worker's words: whether a message goes with its answer, and whether its thread has ended. */
export const HAS_REPLY = 0;
export const HAS_ENDED = 1;

/** Commands to workers. All but `step`, `save`, `infos` and `close` come with a payload. */
export const Command = { setUp: 1, reset: 2, step: 3, save: 4, load: 5, infos: 6, close: 7 } as const;

export interface WorkerData {
  readonly control: Int32Array;
  readonly port: MessagePort;
  /** The worker's own number. */
  readonly worker: number;
  /** Its envs: `first` to `end` − 1. */
  readonly first: number;
  readonly end: number;
  readonly module: string;
  readonly argument: unknown;
}

/** What a worker says of its envs when they are built. */
export interface Introduction {
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly hasMasks: boolean;
  /** The first env that cannot be saved, or undefined. */
  readonly unsaveable: number | undefined;
}

/** An error on its way between threads, where classes do not survive. */
export interface SentError {
  /** The name of its class. */
  readonly name: string;
  /** Undefined for an error that is not the framework's. */
  readonly code: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
}

export type Reply = { readonly value: unknown } | { readonly error: SentError };
