/** The environment contract: Gymnasium's semantics, synchronous, on flat typed arrays. */

import type { ConfigOf, ConfigOverrides, ConfigSchema } from '../core/config.ts';
import { resolveConfig } from '../core/config.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { BookTape } from '../market/books/tape.ts';
import type { TradeTape } from '../market/books/trade-tape.ts';
import type { Candles } from '../market/candles/candles.ts';
import type { Action, ActionSpace, Box } from './spaces.ts';

export interface ResetOptions {
  /** Restarts the env's randomness; without it, the env goes on with the stream it has. */
  seed?: number;
}

export interface ResetResult<Info> {
  observation: Float32Array; // [D]
  info: Info;
}

export interface StepResult<Info> {
  observation: Float32Array; // [D]
  reward: number;
  /** The task ended: nothing follows, so no value is bootstrapped. */
  terminated: boolean;
  /** The episode was cut off: its future still has value, bootstrapped from this observation. */
  truncated: boolean;
  info: Info;
}

/**
 * One environment. Results and the arrays in them are views: the next call overwrites them.
 * `info` is for people and programs that judge; it never reaches an agent.
 */
export interface Env<Info = object> {
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  reset(options?: ResetOptions): ResetResult<Info>;
  /** Undefined behaviour after an episode has ended, until `reset`. */
  step(action: Action): StepResult<Info>;
  /**
   * Which choices of a discrete or multi-discrete action space are allowed now: 1 or 0 per choice, the components
   * of a multi-discrete space one after another; a view. Without it every choice is allowed.
   */
  actionMask?(): Uint8Array;
  /** A picture of the present state in characters. */
  render?(): string;
  close?(): void;
  /** The exact state, mid-episode, randomness included; an env that has it can resume to the same bits. */
  save?(): Snapshot;
  load?(snapshot: Snapshot): void;
}

/** What an env plugin is built from; `candles` and `books` only for those that declare to need them. */
export interface EnvContext {
  readonly seed: number;
  readonly candles?: Candles;
  /** All series that were loaded, aligned; `candles` is the first. */
  readonly series?: readonly Candles[];
  /** The books of several venues; absent: an env that needs books makes a synthetic market. */
  readonly books?: BookTape;
  /** The trades between those books, for the volume of bars. */
  readonly trades?: TradeTape;
}

export interface EnvPlugin<Schema extends ConfigSchema = ConfigSchema> {
  readonly name: string;
  /** One sentence for `market-gym list`. */
  readonly description: string;
  readonly config: Schema;
  readonly needsCandles: boolean;
  /** It trades on order books: on `books` where they are given, on a synthetic market else. */
  readonly needsBooks: boolean;
  create(context: EnvContext, overrides?: ConfigOverrides<Schema>): Env;
}

/** Makes an env plugin: `create` is called with a complete, checked configuration. */
export function defineEnv<Schema extends ConfigSchema>(plugin: {
  name: string;
  description: string;
  config: Schema;
  needsCandles?: boolean;
  needsBooks?: boolean;
  create(context: EnvContext, config: ConfigOf<Schema>): Env;
}): EnvPlugin<Schema> {
  return {
    ...plugin,
    needsCandles: plugin.needsCandles ?? false,
    needsBooks: plugin.needsBooks ?? false,
    create: (context, overrides = {} as ConfigOverrides<Schema>) =>
      plugin.create(
        context,
        resolveConfig(plugin.config, overrides as Record<string, unknown>, `env "${plugin.name}"`),
      ),
  };
}
