/**
 * Normalises what a replay buffer keeps as it came: observations and rewards are scaled when they are drawn, by the
 * statistics of then, so that the old and the new ones of a batch have one scale.
 *
 * Source: `VecNormalize` of OpenAI's baselines, applied to what is sampled, as the replay buffers of Stable-Baselines3 do.
 */
import { joinSnapshots, type Snapshot, type Snapshotable, snapshotPart } from '../../core/snapshot.ts';
import type { TransitionBatch } from '../../envs/transition.ts';
import type { NetworkStep } from '../../networks/steps.ts';
import type { AgentContext } from '../agent.ts';
import { type NormalizationConfig, ObservationNormalizer, RewardNormalizer } from '../normalization.ts';

/** The normalisation that `config` asks for; undefined when it asks for none. */
export function createReplayNormalization(
  context: AgentContext,
  config: NormalizationConfig,
): ReplayNormalization | undefined {
  if (!config.normalizeObservations && !config.normalizeRewards) return undefined;
  return new ReplayNormalization(context, config);
}

/** N envs, D observation elements, B rows a batch. */
export class ReplayNormalization implements Snapshotable {
  /** What is made of a stored reward; undefined where rewards stay as they are. */
  readonly scaleReward: ((reward: number) => number) | undefined;
  readonly #observationNormalizer: ObservationNormalizer | undefined;
  readonly #rewardNormalizer: RewardNormalizer | undefined;
  #acted: Float32Array; // [N, D], the last observations that were explored from, normalised
  #evaluated = new Float32Array(0); // [M, D], grows with the number of envs that are evaluated

  constructor({ observationSpace: { dim }, numEnvs }: AgentContext, config: NormalizationConfig) {
    const { normalizeObservations, normalizeRewards, normalizationClip: clip, gamma } = config;
    this.#observationNormalizer = normalizeObservations ? new ObservationNormalizer(dim, clip) : undefined;
    const rewards = normalizeRewards ? new RewardNormalizer(numEnvs, gamma, clip) : undefined;
    this.#rewardNormalizer = rewards;
    this.scaleReward = rewards && ((reward) => rewards.scale(reward));
    this.#acted = new Float32Array(normalizeObservations ? numEnvs * dim : 0);
  }

  /**
   * The observations [M, D] as the policy sees them: the same, or a view that the next call overwrites.
   * @param explore whether the statistics take them in
   */
  seen(observations: Float32Array, numEnvs: number, explore: boolean): Float32Array {
    const normalizer = this.#observationNormalizer;
    if (normalizer === undefined) return observations;
    if (explore) {
      normalizer.update(observations, numEnvs);
      normalizer.normalizeInto(this.#acted, observations);
      return this.#acted;
    }
    if (this.#evaluated.length !== observations.length)
      this.#evaluated = new Float32Array(observations.length);
    normalizer.normalizeInto(this.#evaluated, observations);
    return this.#evaluated;
  }

  /** Takes in one step's rewards. */
  observe({ rewards, terminated, truncated }: TransitionBatch): void {
    this.#rewardNormalizer?.update(rewards, terminated, truncated);
  }

  /** Scales what was drawn, [B, D], in place. */
  scaleObservations(observations: Float32Array): void {
    this.#observationNormalizer?.normalizeInto(observations, observations);
  }

  /**
   * One step as buffers kept it before they kept it raw: normalised by the statistics of now.
   * @param transition that follows the last exploring `seen`
   */
  scaled(transition: TransitionBatch): TransitionBatch {
    let { observations, nextObservations, rewards } = transition;
    if (this.#observationNormalizer !== undefined) {
      observations = this.#acted;
      nextObservations = nextObservations.slice();
      this.scaleObservations(nextObservations);
    }
    if (this.scaleReward !== undefined) rewards = rewards.map(this.scaleReward);
    return { ...transition, observations, nextObservations, rewards };
  }

  /** Episodes begin anew. */
  clear(): void {
    this.#rewardNormalizer?.clear();
  }

  /** The first step of a policy's networks; undefined where observations stay as they are. */
  describe(): NetworkStep | undefined {
    return this.#observationNormalizer?.describe();
  }

  save(): Snapshot {
    return joinSnapshots({
      ...(this.#observationNormalizer && { observations: this.#observationNormalizer.save() }),
      ...(this.#rewardNormalizer && { rewards: this.#rewardNormalizer.save() }),
    });
  }

  load(snapshot: Snapshot): void {
    this.#observationNormalizer?.load(snapshotPart(snapshot, 'observations'));
    this.#rewardNormalizer?.load(snapshotPart(snapshot, 'rewards'));
  }
}
