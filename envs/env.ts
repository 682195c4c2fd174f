/** Defines the environment contract: Gymnasium's semantics, synchronous, on flat typed arrays. */

import type { ConfigOf, ConfigOverrides, ConfigSchema } from '../core/config.ts';
import { resolveConfig, type z } from '../core/config.ts';
import { noSettings, type PluginShape, requirePlugin } from '../core/plugin.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { ContractTape } from '../market/books/contract-tape.ts';
import type { BookTape } from '../market/books/tape.ts';
import type { TradeTape } from '../market/books/trade-tape.ts';
import type { Candles } from '../market/candles/candles.ts';
import type { Fill } from '../market/execution/fill.ts';
import type { FundingSeries } from '../market/instruments/funding-series.ts';
import type { EnvParts } from './parts.ts';
import type { Action, ActionSpace, Box } from './spaces.ts';

export interface ResetOptions {
  /** Restarts the env's randomness; without it, the env goes on with the stream it has. */
  seed?: number;
}

export interface ResetResult<Info> {
  /** [D] */
  observation: Float32Array;
  info: Info;
}

export interface StepResult<Info> {
  /** [D] */
  observation: Float32Array;
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

/** Rows [fromRow, toRow) of a series. */
export interface RowSpan {
  readonly fromRow: number;
  readonly toRow: number;
}

/** What an env plugin is built from; `candles` and `books` only for those that declare to need them. */
export interface EnvContext {
  readonly seed: number;
  /**
   * The rows of `candles` that episodes move in; rows before them are history, for features alone. Only a plugin with
   * `usesSpan` is given rows outside of its span. Absent: all rows.
   */
  readonly span?: RowSpan;
  /**
   * Whether an episode has to go through the whole span once, in order: an agent is judged by it. A wrapper that cuts
   * episodes is left out then. Absent: episodes are as the configuration says.
   */
  readonly onePass?: boolean;
  readonly candles?: Candles;
  /** All series that were loaded, aligned; `candles` is the first. */
  readonly series?: readonly Candles[];
  /** The books of several venues; absent: an env that needs books makes a synthetic market. */
  readonly books?: BookTape;
  /** The trades between those books, for the volume of bars. */
  readonly trades?: TradeTape;
  /** What the venues of those books said of perpetuals. */
  readonly contracts?: ContractTape;
  /** The funding rates of `candles`, where they are a perpetual's and a file has them. */
  readonly funding?: FundingSeries;
  /** What its settings may name; absent: what comes with the framework. */
  readonly parts?: EnvParts;
  /** Called after every fill by an env that trades one market, for who records them; the object is reused by the next one. */
  readonly onFill?: (fill: Readonly<Fill>) => void;
}

export interface EnvPlugin<Schema extends ConfigSchema = ConfigSchema> {
  /** Set by `defineEnv`. */
  readonly kind?: string;
  readonly name: string;
  /** One sentence for `market-gym list`. */
  readonly description: string;
  readonly config: Schema;
  readonly needsCandles: boolean;
  /** It trades several series at once; one that does not is refused more than one. */
  readonly takesSeries: boolean;
  /** It trades on order books: on `books` where they are given, on a synthetic market else. */
  readonly needsBooks: boolean;
  /** It is given all rows, and keeps its episodes within `span`; otherwise the rows of its span are all it is given. */
  readonly usesSpan: boolean;
  create(context: EnvContext, overrides?: ConfigOverrides<Schema>): Env;
}

export const envShape: PluginShape = { kind: 'env', define: 'defineEnv', methods: ['create'] };

/**
 * Makes an env plugin: `create` is called with a complete, checked configuration. Settings named `fromRow` and `toRow` are
 * those of the context's span, and a plugin that has both uses it unless it says otherwise. Where the context asks for
 * one pass, `episodeBars` and `episodeEvents` are 0, no limit, and `episodeStart` is `sequential`.
 * @throws ConfigError `invalid-plugin` for one that is not whole
 * @example
 * export const easy = defineEnv({
 *   name: 'easy',
 *   description: 'CartPole for a hundred steps',
 *   config: z.object({ maxSteps: z.int().min(1).default(100).describe('steps of an episode') }),
 *   create: ({ seed }, { maxSteps }) => limitTime(cartpole.create({ seed }), maxSteps),
 * });
 */
export function defineEnv<Schema extends ConfigSchema>(plugin: {
  name: string;
  description: string;
  config: Schema;
  needsCandles?: boolean;
  takesSeries?: boolean;
  needsBooks?: boolean;
  usesSpan?: boolean;
  create(context: EnvContext, config: ConfigOf<Schema>): Env;
}): EnvPlugin<Schema> {
  requirePlugin(envShape, plugin);
  const config = plugin.config ?? noSettings;
  const { shape } = config;
  return {
    ...plugin,
    kind: envShape.kind,
    config,
    needsCandles: plugin.needsCandles ?? false,
    takesSeries: plugin.takesSeries ?? false,
    needsBooks: plugin.needsBooks ?? false,
    usesSpan: plugin.usesSpan ?? ('fromRow' in shape && 'toRow' in shape),
    create: (context, overrides = {} as ConfigOverrides<Schema>) => {
      const settings = { ...(overrides as Record<string, unknown>), ...episodeSettings(shape, context) };
      return plugin.create(context, resolveConfig(config, settings, `env "${plugin.name}"`));
    },
  };
}

/** What a context decides of the settings that an env has; one that a setting's range does not allow is left as it is. */
function episodeSettings(
  shape: ConfigSchema['shape'],
  { span, onePass }: EnvContext,
): Record<string, unknown> {
  const decided = {
    ...(span && { fromRow: span.fromRow, toRow: span.toRow }),
    ...(onePass && { episodeBars: 0, episodeEvents: 0, episodeStart: 'sequential' }),
  };
  return Object.fromEntries(
    Object.entries(decided).filter(
      ([key, value]) => key in shape && (shape[key] as z.ZodType).safeParse(value).success,
    ),
  );
}
