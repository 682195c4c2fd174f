/** Models how long an order is on its way from the decision to the venue's book. */
import { type ConfigSchema, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { exp } from '../../core/math.ts';
import {
  definePart,
  type PartDefinition,
  type PartPlugin,
  type PluginShape,
  requirePart,
} from '../../core/plugin.ts';
import { Registry } from '../../core/registry.ts';
import type { Rng } from '../../core/rng.ts';
import {
  joinSnapshots,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';

/** One draw per order; a model has state only through its randomness. */
export interface LatencyModel extends Snapshotable {
  /** Milliseconds ≥ 0 for an order sent now. */
  latencyMs(nowMs: number): number;
}

const stateless = { save: (): Snapshot => ({ arrays: {}, values: {} }), load: (): void => {} };

/**
 * Always the same.
 * @throws ConfigError `invalid-latency` unless `ms` is finite and ≥ 0
 */
export function constantLatency(ms: number): LatencyModel {
  requireLatency('A constant latency', ms);
  return { latencyMs: () => ms, ...stateless };
}

export interface LognormalLatencyOptions {
  /** Median outside bursts, ms, ≥ 0. */
  readonly medianMs: number;
  /** Deviation of the logarithm, ≥ 0. */
  readonly sigma: number;
  /** Chance that an order sent outside a burst begins one, in [0, 1]. */
  readonly burstProbability?: number;
  /** What a burst multiplies the latency by, ≥ 1. */
  readonly burstFactor?: number;
  /** How long a burst lasts, ms, ≥ 0. */
  readonly burstMs?: number;
}

/**
 * median · e^(sigma · z), z standard normal, times `burstFactor` within bursts: the venue is slow for a while, not for
 * one order.
 * @throws ConfigError `invalid-latency`
 */
export function lognormalLatency(options: LognormalLatencyOptions, rng: Rng): LatencyModel {
  const { medianMs, sigma, burstProbability = 0, burstFactor = 1, burstMs = 0 } = options;
  requireLatency('A median latency', medianMs);
  requireLatency('The duration of a burst', burstMs);
  if (!(sigma >= 0 && sigma < 10)) throw invalid('The sigma of a latency must be in [0, 10)', sigma);
  if (!(burstProbability >= 0 && burstProbability <= 1)) {
    throw invalid('The chance of a burst must be in [0, 1]', burstProbability);
  }
  if (!(burstFactor >= 1 && burstFactor < Infinity))
    throw invalid('The factor of a burst must be ≥ 1', burstFactor);
  let burstEndMs = -1;
  return {
    latencyMs(nowMs) {
      if (burstProbability > 0 && nowMs >= burstEndMs && rng.uniform() < burstProbability)
        burstEndMs = nowMs + burstMs;
      const drawn = medianMs * exp(sigma * rng.gaussian());
      return nowMs < burstEndMs ? drawn * burstFactor : drawn;
    },
    save() {
      return joinSnapshots({ rng: rng.save(), burst: { arrays: {}, values: { endMs: burstEndMs } } });
    },
    load(snapshot) {
      rng.load(snapshotPart(snapshot, 'rng'));
      burstEndMs = restoreNumber(snapshot, 'burst/endMs');
    },
  };
}

/**
 * Draws from what was measured, each sample as likely as any other.
 * @param samplesMs at least one, each finite and ≥ 0
 * @throws ConfigError `invalid-latency`
 */
export function empiricalLatency(samplesMs: ArrayLike<number>, rng: Rng): LatencyModel {
  if (samplesMs.length === 0) {
    throw new ConfigError('invalid-latency', 'An empirical latency needs at least one sample, got none.');
  }
  const samples = Float64Array.from(samplesMs);
  for (const sample of samples) requireLatency('A sample of an empirical latency', sample);
  return {
    latencyMs: () => samples[rng.integer(samples.length)],
    save: () => rng.save(),
    load: (snapshot) => rng.load(snapshot),
  };
}

/** What a latency model is made for: the settings of the env that concern it, and randomness of its own. */
export interface LatencyContext extends LognormalLatencyOptions {
  /** Everything random must come from it: the seed of a run decides it. */
  readonly rng: Rng;
}

export type LatencyPlugin = PartPlugin<LatencyContext, LatencyModel>;

export const latencyShape: PluginShape = {
  kind: 'latency model',
  define: 'defineLatencyModel',
  methods: ['create'],
};

/**
 * Makes a latency model that the setting `latencyModel` of an env on books can name.
 * @throws ConfigError `invalid-plugin` for one that is not whole
 * @example
 * export const doubled = defineLatencyModel({
 *   name: 'doubled',
 *   description: "Twice the env's latency",
 *   create: ({ medianMs }) => constantLatency(2 * medianMs),
 * });
 */
export function defineLatencyModel<Schema extends ConfigSchema = ConfigSchema>(
  plugin: PartDefinition<Schema, LatencyContext, LatencyModel>,
): LatencyPlugin {
  return definePart(latencyShape, plugin);
}

const lognormal = defineLatencyModel({
  name: 'lognormal',
  description: "The env's latencyMs as the median, its latencySigma as the spread; constant where that is 0",
  create({ rng, ...options }) {
    return options.sigma === 0 ? constantLatency(options.medianMs) : lognormalLatency(options, rng);
  },
});

const empirical = defineLatencyModel({
  name: 'empirical',
  description: 'Draws from latencies that were measured, each as likely as any other',
  config: z.object({
    samplesMs: z.array(z.number().min(0)).min(1).default([250]).describe('what was measured, ms, each ≥ 0'),
  }),
  create: ({ rng }, { samplesMs }) => empiricalLatency(samplesMs, rng),
});

/** The latency models that come with the framework. */
export const builtInLatencies = new Registry<LatencyPlugin>(latencyShape.kind, [lognormal, empirical]);

/**
 * The latency model of a plugin, checked where it is a user's.
 * @throws ConfigError `invalid-plugin`; while trading, `invalid-latency` for a time that is none
 */
export function createLatency(
  plugin: LatencyPlugin,
  context: LatencyContext,
  settings: Readonly<Record<string, unknown>>,
): LatencyModel {
  const owner = `latency model "${plugin.name}"`;
  const model = requirePart(plugin.create(context, settings), owner, ['latencyMs', 'save', 'load']);
  if (builtInLatencies.has(plugin.name)) return model;
  return {
    latencyMs(nowMs) {
      const ms = model.latencyMs(nowMs);
      if (ms >= 0 && ms < Infinity) return ms;
      throw new ConfigError(
        'invalid-latency',
        `The ${owner} gave ${String(ms)}; it must return milliseconds, finite and ≥ 0.`,
      );
    },
    save: () => model.save(),
    load: (snapshot) => model.load(snapshot),
  };
}

function requireLatency(what: string, ms: number): void {
  if (!(ms >= 0 && ms < Infinity)) throw invalid(`${what} must be finite and ≥ 0 milliseconds`, ms);
}

function invalid(what: string, got: number): ConfigError {
  return new ConfigError('invalid-latency', `${what}, got ${got}.`);
}
