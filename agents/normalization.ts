/**
 * Normalises observations and rewards as a layer around any agent: the statistics live, and are saved, with the agent
 * that learnt under them, and evaluation (acting without exploring) leaves them as they are.
 *
 * Source: the running scaling of OpenAI's baselines (`VecNormalize`): observations to mean 0 and variance 1,
 * rewards divided by the deviation of the discounted return, both clipped.
 */
import { z } from '../core/config.ts';
import { RunningMoments } from '../core/running-moments.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../core/snapshot.ts';
import type { ActionBatch } from '../envs/spaces.ts';
import type { StepContext, TransitionBatch } from '../envs/transition.ts';
import type { NetworkStep } from '../networks/steps.ts';
import type { Agent, AgentContext, Metrics } from './agent.ts';
import type { PolicyDescription } from './policy-description.ts';

const EPSILON = 1e-8;

/** The keys an agent's configuration takes over to offer normalisation. */
export const normalizationConfig = {
  normalizeObservations: z
    .boolean()
    .default(false)
    .describe('scale observations by their running mean and deviation'),
  normalizeRewards: z
    .boolean()
    .default(false)
    .describe('divide rewards by the running deviation of the return'),
  normalizationClip: z
    .number()
    .positive()
    .default(10)
    .describe('bound of normalised observations and rewards'),
};

export interface NormalizationConfig {
  readonly normalizeObservations: boolean;
  readonly normalizeRewards: boolean;
  readonly normalizationClip: number;
  /** Discount per step, of the return whose deviation scales the rewards. */
  readonly gamma: number;
}

/** Wraps `agent` in the normalisation that `config` asks for; the agent itself when it asks for none. */
export function normalizeAgent(agent: Agent, context: AgentContext, config: NormalizationConfig): Agent {
  if (!config.normalizeObservations && !config.normalizeRewards) return agent;
  return new NormalizedAgent(agent, context, config);
}

/** (x − mean)/√(variance + ε), clipped. */
export class ObservationNormalizer implements Snapshotable {
  readonly #moments: RunningMoments;
  readonly #clip: number;

  constructor(dim: number, clip: number) {
    this.#moments = new RunningMoments(dim);
    this.#clip = clip;
  }

  /** @param observations [N, D] */
  update(observations: Float32Array, numEnvs: number): void {
    this.#moments.update(observations, numEnvs);
  }

  /** @param normalized [N, D], may be `observations` itself */
  normalizeInto(normalized: Float32Array, observations: Float32Array): void {
    const { dim, mean, variance } = this.#moments;
    const clip = this.#clip;
    for (let d = 0; d < dim; d++) {
      const scale = 1 / Math.sqrt(variance[d] + EPSILON);
      for (let i = d; i < observations.length; i += dim) {
        normalized[i] = Math.min(Math.max((observations[i] - mean[d]) * scale, -clip), clip);
      }
    }
  }

  describe(): NetworkStep {
    const { mean, variance } = this.#moments;
    const scale = variance.map((value) => 1 / Math.sqrt(value + EPSILON));
    return { kind: 'normalize', mean, scale, bound: this.#clip };
  }

  save(): Snapshot {
    return this.#moments.save();
  }

  load(snapshot: Snapshot): void {
    this.#moments.load(snapshot);
  }
}

/** r/√(variance of the discounted return + ε), clipped; the return restarts with each episode. */
export class RewardNormalizer implements Snapshotable {
  readonly #moments = new RunningMoments(1);
  readonly #returns: Float64Array; // [N]
  readonly #gamma: number;
  readonly #clip: number;

  constructor(numEnvs: number, gamma: number, clip: number) {
    this.#returns = new Float64Array(numEnvs);
    this.#gamma = gamma;
    this.#clip = clip;
  }

  /** Takes in one step's rewards [N]. */
  update(rewards: Float32Array, terminated: Uint8Array, truncated: Uint8Array): void {
    const returns = this.#returns;
    for (let n = 0; n < returns.length; n++) returns[n] = returns[n] * this.#gamma + rewards[n];
    this.#moments.update(returns, returns.length);
    for (let n = 0; n < returns.length; n++) {
      if (terminated[n] !== 0 || truncated[n] !== 0) returns[n] = 0;
    }
  }

  /** A reward in the scale of now. */
  scale(reward: number): number {
    const scale = 1 / Math.sqrt(this.#moments.variance[0] + EPSILON);
    return Math.min(Math.max(reward * scale, -this.#clip), this.#clip);
  }

  /** Takes in one step's rewards [N], then scales them into `normalized`. */
  normalizeInto(
    normalized: Float32Array,
    rewards: Float32Array,
    terminated: Uint8Array,
    truncated: Uint8Array,
  ): void {
    this.update(rewards, terminated, truncated);
    for (let n = 0; n < rewards.length; n++) normalized[n] = this.scale(rewards[n]);
  }

  /** Episodes begin anew. */
  clear(): void {
    this.#returns.fill(0);
  }

  save(): Snapshot {
    return joinSnapshots({
      moments: this.#moments.save(),
      returns: { arrays: { discounted: this.#returns.slice() }, values: {} },
    });
  }

  load(snapshot: Snapshot): void {
    this.#moments.load(snapshotPart(snapshot, 'moments'));
    restoreArrayInto(this.#returns, snapshot, 'returns/discounted');
  }
}

class NormalizedAgent implements Agent {
  readonly #agent: Agent;
  readonly #observationNormalizer: ObservationNormalizer | undefined;
  readonly #rewardNormalizer: RewardNormalizer | undefined;
  readonly #observations: Float32Array; // [N, D], as the agent last acted on them
  readonly #nextObservations: Float32Array; // [N, D]
  readonly #rewards: Float32Array; // [N]
  #evaluated = new Float32Array(0); // [M, D], grows with the number of envs that are evaluated

  constructor(agent: Agent, { observationSpace, numEnvs }: AgentContext, config: NormalizationConfig) {
    const { dim } = observationSpace;
    const { normalizationClip: clip, gamma } = config;
    this.#agent = agent;
    this.#observationNormalizer = config.normalizeObservations
      ? new ObservationNormalizer(dim, clip)
      : undefined;
    this.#rewardNormalizer = config.normalizeRewards ? new RewardNormalizer(numEnvs, gamma, clip) : undefined;
    this.#observations = new Float32Array(numEnvs * dim);
    this.#nextObservations = new Float32Array(numEnvs * dim);
    this.#rewards = new Float32Array(numEnvs);
  }

  get evaluation(): Snapshotable | undefined {
    return this.#agent.evaluation;
  }

  act(observations: Float32Array, numEnvs: number, explore: boolean, stepContext?: StepContext): ActionBatch {
    const normalizer = this.#observationNormalizer;
    if (normalizer === undefined) return this.#agent.act(observations, numEnvs, explore, stepContext);
    if (explore) {
      normalizer.update(observations, numEnvs);
      normalizer.normalizeInto(this.#observations, observations);
      return this.#agent.act(this.#observations, numEnvs, true, stepContext);
    }
    if (this.#evaluated.length !== observations.length)
      this.#evaluated = new Float32Array(observations.length);
    normalizer.normalizeInto(this.#evaluated, observations);
    return this.#agent.act(this.#evaluated, numEnvs, false, stepContext);
  }

  observe(transition: TransitionBatch): Metrics | undefined {
    const { terminated, truncated } = transition;
    let { observations, nextObservations, rewards } = transition;
    if (this.#observationNormalizer !== undefined) {
      this.#observationNormalizer.normalizeInto(this.#nextObservations, nextObservations);
      observations = this.#observations;
      nextObservations = this.#nextObservations;
    }
    if (this.#rewardNormalizer !== undefined) {
      this.#rewardNormalizer.normalizeInto(this.#rewards, rewards, terminated, truncated);
      rewards = this.#rewards;
    }
    return this.#agent.observe({ ...transition, observations, nextObservations, rewards });
  }

  describePolicy(): PolicyDescription | undefined {
    const policy = this.#agent.describePolicy?.();
    if (policy === undefined || this.#observationNormalizer === undefined) return policy;
    return { ...policy, steps: [this.#observationNormalizer.describe(), ...policy.steps] };
  }

  get remarks(): readonly string[] {
    return this.#agent.remarks ?? [];
  }

  dropPartialRollout(): void {
    this.#rewardNormalizer?.clear();
    this.#agent.dropPartialRollout?.();
  }

  save(borrow = false): Snapshot {
    return joinSnapshots({
      agent: this.#agent.save(borrow),
      ...(this.#observationNormalizer && { observations: this.#observationNormalizer.save() }),
      ...(this.#rewardNormalizer && { rewards: this.#rewardNormalizer.save() }),
    });
  }

  load(snapshot: Snapshot): void {
    this.#agent.load(snapshotPart(snapshot, 'agent'));
    this.#observationNormalizer?.load(snapshotPart(snapshot, 'observations'));
    this.#rewardNormalizer?.load(snapshotPart(snapshot, 'rewards'));
  }
}
