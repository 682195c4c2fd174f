/** Turns a network's outputs into a distribution over the actions of a space, whatever the space. */
import type { Rng } from '../../core/rng.ts';
import type { Snapshotable } from '../../core/snapshot.ts';
import type { ActionBatch } from '../../envs/spaces.ts';
import type { ParameterBlock } from '../../networks/network.ts';
import type { PolicyDecision } from '../policy-description.ts';

/**
 * B rows, O network outputs a row, A numbers an action. What a method fills comes first. Masks [B, K] hold 1 for each
 * choice that is allowed, K = O; heads for continuous actions know none.
 */
export interface PolicyHead extends Snapshotable {
  readonly outputDim: number; // O
  readonly actionDim: number; // A
  /** Trainable numbers beside the network's: the log deviations of continuous actions. */
  readonly blocks: readonly ParameterBlock[];
  /** What `modeInto` and `toEnvActions` make of outputs. */
  readonly decision: PolicyDecision;
  createActions(batch: number): ActionBatch;
  /**
   * Draws actions [B, A], and their log-probabilities [B].
   * @throws EnvError `no-valid-action` when a mask allows nothing
   */
  sampleInto(
    actions: ActionBatch,
    logProbs: Float32Array,
    outputs: Float32Array,
    batch: number,
    rng: Rng,
    masks?: Uint8Array,
  ): void;
  /** The most probable actions [B, A]. */
  modeInto(actions: ActionBatch, outputs: Float32Array, batch: number, masks?: Uint8Array): void;
  /** The log-probabilities [B] of given actions [B, A], and the entropies [B]. */
  logProbsInto(
    logProbs: Float32Array,
    entropies: Float32Array,
    outputs: Float32Array,
    actions: ActionBatch,
    batch: number,
    masks?: Uint8Array,
  ): void;
  /**
   * d/d outputs [B, O] of Σ_b logProbWeights[b]·ln p(actions[b]) + entropyWeights[b]·entropy[b]; the part of
   * `blocks` is added to their gradients. Belongs to the last `logProbsInto`, with the same outputs and actions.
   */
  gradientsInto(
    outputGradients: Float32Array,
    outputs: Float32Array,
    actions: ActionBatch,
    logProbWeights: Float32Array,
    entropyWeights: Float32Array,
    batch: number,
  ): void;
  /** What the env is sent for drawn actions [B, A]: clipped to the box; a view. */
  toEnvActions(actions: ActionBatch): ActionBatch;
}
