/**
 * Defines the contract of recurrent networks: steps that carry a state, and back-propagation through whole sequences.
 */
import type { Rng } from '../../core/rng.ts';
import type { ParameterBlock } from '../network.ts';
import type { RecurrentStep } from '../steps.ts';

/**
 * B sequences a batch, T steps a sequence, I inputs, H units, S numbers of state, G gates.
 *
 * Arrays over time are time-major: step t of all sequences lies together. Inputs and output gradients that lie in the
 * kernels' memory are used where they are, and they and `starts` must not change between `forward` and `backward`;
 * others are copied in. `step` and `forward` keep apart: acting disturbs no training.
 */
export interface RecurrentNetwork extends ParameterBlock {
  readonly inputDim: number; // I
  readonly hiddenDim: number; // H
  /** S: an LSTM's state is h, then c (2H); a GRU's is h (H). All zero is the state at the start of an episode. */
  readonly stateDim: number;
  readonly layout: RecurrentLayout;
  /**
   * One step of `batch` sequences, for acting.
   * @param inputs [B, I]
   * @param states [B, S], before the step; overwritten with the states after it
   * @returns outputs [B, H], a view that the next `step` overwrites: with the kernels' backend `wasm`, the bits
   * that `forward` gives for the same row
   */
  step(inputs: Float32Array, states: Float32Array, batch: number): Float32Array;
  /**
   * `numSteps` steps of `batch` sequences, for training.
   * @param inputs [T, B, I]
   * @param initialStates [B, S]; undefined stands for zeros
   * @param starts [T, B], not 0 where an episode begins: the state is zero before that step; undefined: nowhere
   * @returns outputs [T, B, H], a view that the next `forward` overwrites
   */
  forward(
    inputs: Float32Array,
    initialStates: Float32Array | undefined,
    starts: Uint8Array | undefined,
    numSteps: number,
    batch: number,
  ): Float32Array;
  /** The states that the last `forward` ended in, [B, S], a view. */
  finalStates(): Float32Array;
  /**
   * Adds the parameter gradients of the last `forward` to `gradients`. Nothing flows back past a start. A step that
   * is only padding takes part with output gradients of zero.
   * @param outputGradients [T, B, H], d loss / d outputs
   * @param finalStateGradients [B, S], d loss / d final states; undefined stands for zeros
   */
  backward(outputGradients: Float32Array, finalStateGradients?: Float32Array): void;
  /** d loss / d inputs of the last `backward`, [T, B, I], a view. Costs one more product, so only on request. */
  inputGradients(): Float32Array;
  /** d loss / d initial states of the last `backward`, [B, S], a view. */
  initialStateGradients(): Float32Array;
}

/** Where the parts lie in the flat `parameters` and `gradients`, row-major; gates side by side in the columns. */
export interface RecurrentLayout {
  /** [I, G·H] */
  readonly inputWeightOffset: number;
  /** [H, G·H] */
  readonly recurrentWeightOffset: number;
  /** [4H]; LSTM: one for each gate; GRU: r, z, the inputs' part of n, the state's part of n. */
  readonly biasOffset: number;
}

export interface RecurrentOptions {
  /** Numbers per input row, ≥ 1. */
  readonly inputDim: number;
  /** Units, ≥ 1. */
  readonly hiddenDim: number;
  /**
   * `orthogonal`: every gate's two matrices are orthogonal, biases zero but the LSTM's forget gate, 1 (Jozefowicz et
   * al., 2015). `uniform`: everything uniform within ±1/√H, as PyTorch does.
   */
  readonly init: 'orthogonal' | 'uniform';
  readonly rng: Rng;
}

/** The parameters of a recurrent network by what they are, views. */
export function recurrentStep(
  cell: 'lstm' | 'gru',
  {
    parameters,
    layout,
    inputDim,
    hiddenDim,
  }: Pick<RecurrentNetwork, 'parameters' | 'layout' | 'inputDim' | 'hiddenDim'>,
): RecurrentStep {
  const { inputWeightOffset, recurrentWeightOffset, biasOffset } = layout;
  return {
    cell,
    input: parameters.subarray(inputWeightOffset, recurrentWeightOffset),
    recurrent: parameters.subarray(recurrentWeightOffset, biasOffset),
    biases: parameters.subarray(biasOffset, biasOffset + 4 * hiddenDim),
    inputDim,
    hiddenDim,
  };
}
