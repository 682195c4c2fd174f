/** Proposes what to try next; the form of sampler plugins. */
import type { ConfigSchema } from '../../core/config.ts';
import { definePart, type PartDefinition, type PartPlugin, type PluginShape } from '../../core/plugin.ts';
import type { Rng } from '../../core/rng.ts';
import type { Point, Space } from './space.ts';
import type { TrialRecord } from './trial-record.ts';

/** What a sampler is made for. */
export interface SamplerContext {
  readonly space: Space;
  /** Trials of the whole search. */
  readonly numTrials: number;
  /** The seed of the search. */
  readonly seed: number;
}

/** A function of what is known: the same trials give the same proposal, on however many processes they were run. */
export interface Sampler {
  /** How many of the first trials must have ended before trial `index` can be proposed, in [0, index]. */
  needs(index: number): number;
  /**
   * @param index of the trial, from 0
   * @param known the trials from 0 to `needs(index)` − 1, all ended
   * @param rng a stream of this trial's own
   * @returns undefined when there is nothing left to try
   */
  propose(index: number, known: readonly TrialRecord[], rng: Rng): Point | undefined;
}

export type SamplerPlugin = PartPlugin<SamplerContext, Sampler>;

export const samplerShape: PluginShape = { kind: 'sampler', define: 'defineSampler', methods: ['create'] };

/** @throws ConfigError `invalid-plugin` */
export function defineSampler<Schema extends ConfigSchema>(
  plugin: PartDefinition<Schema, SamplerContext, Sampler>,
): SamplerPlugin {
  return definePart(samplerShape, plugin);
}
