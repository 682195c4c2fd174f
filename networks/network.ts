/** Defines the contract of networks: flat parameters, explicit gradients, no autodiff tape. */

import type { NetworkStep } from './steps.ts';

/** A block of trainable numbers and the loss gradient that has accumulated for them. */
export interface ParameterBlock {
  /** [P] */
  readonly parameters: Float32Array;
  /** [P] */
  readonly gradients: Float32Array;
}

/** B rows a batch, I inputs, O outputs, P parameters. */
export interface Network extends ParameterBlock {
  readonly inputDim: number;
  readonly outputDim: number;
  /**
   * @param inputs [B, I]
   * @returns [B, O], a view that the next `forward` overwrites. Row b depends on input row b alone, to the bit.
   */
  forward(inputs: Float32Array, batch: number): Float32Array;
  /**
   * Adds the parameter gradients of the last `forward` to `gradients`.
   * @param outputGradients [B, O], d loss / d outputs
   */
  backward(outputGradients: Float32Array): void;
  /** d loss / d inputs of the last `backward`, [B, I], a view. Costs one more product, so only on request. */
  inputGradients(): Float32Array;
  /**
   * What `inputGradients` gives after `backward(outputGradients)`, with `gradients` left as they are; a network that can
   * have it cheaper than so offers this.
   */
  inputGradientsOf?(outputGradients: Float32Array): Float32Array;
  /**
   * What `inputGradientsOf` gives for some rows of the last `forward`, to the same bits: for a loss of which no other row is
   * a part. Offered by networks that can leave the others out.
   * @param outputGradients [R, O], d loss / d outputs of these rows
   * @param rows [R], in the kernels' memory
   * @returns [R, I], a view
   */
  inputGradientsOfRows?(outputGradients: Float32Array, rows: Int32Array): Float32Array;
  /** What `forward` computes, step by step; absent or undefined: it cannot be said so, as of a user's own network. */
  describe?(): readonly NetworkStep[] | undefined;
}
