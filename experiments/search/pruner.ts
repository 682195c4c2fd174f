/** Decides on the way which trials are not worth going on with; the form of pruner plugins. */
import type { ConfigSchema } from '../../core/config.ts';
import { definePart, type PartDefinition, type PartPlugin, type PluginShape } from '../../core/plugin.ts';
import type { Report } from './trial-record.ts';

/** What a pruner is made for. */
export interface PrunerContext {
  /** Env steps of a whole trial. */
  readonly totalSteps: number;
  /** Env steps between evaluations: a trial can be looked at after each. */
  readonly evaluateEvery: number;
}

/** A function of what is known, as a sampler is. */
export interface Pruner {
  /** The env steps at which a trial is looked at, ascending, below `totalSteps`. */
  readonly rungs: readonly number[];
  /**
   * Whether a trial ends here.
   * @param reports its own up to this rung, never empty
   * @param earlier for each trial proposed before it that came to this rung, its reports up to it
   */
  stops(reports: readonly Report[], earlier: readonly (readonly Report[])[]): boolean;
}

export type PrunerPlugin = PartPlugin<PrunerContext, Pruner>;

export const prunerShape: PluginShape = { kind: 'pruner', define: 'definePruner', methods: ['create'] };

/** @throws ConfigError `invalid-plugin` */
export function definePruner<Schema extends ConfigSchema>(
  plugin: PartDefinition<Schema, PrunerContext, Pruner>,
): PrunerPlugin {
  return definePart(prunerShape, plugin);
}
