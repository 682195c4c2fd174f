/**
 * Puts dense layers on top of a recurrent network: steps that carry a state for acting, whole sequences for training.
 */

import type { Kernels } from '../kernels/kernels.ts';
import type { Network } from '../network.ts';
import { createGru } from './gru.ts';
import { allocateBlock, sliceBlock } from './layer.ts';
import { createLstm } from './lstm.ts';
import { type MlpOptions, mlpLayer } from './mlp.ts';
import { type RecurrentOptions, recurrentStep } from './recurrent.ts';
import { numRecurrentParameters } from './recurrent-network.ts';

export interface SequenceNetworkOptions {
  readonly cell: 'lstm' | 'gru';
  readonly memory: RecurrentOptions;
  /** The dense layers, which read the units of the memory. */
  readonly dense: Omit<MlpOptions, 'inputDim'>;
}

/** What the rows of a `forward` are: T steps of B sequences, time-major; S numbers of state. */
export interface Sequences {
  readonly numSteps: number; // T
  /** [B, S]; undefined stands for zeros. */
  readonly initialStates: Float32Array | undefined;
  /** [T, B], not 0 where an episode begins: the state is zero before that step; undefined: nowhere. */
  readonly starts: Uint8Array | undefined;
}

/** Its `forward` takes T·B rows and reads them as the sequences that `readAs` named; parameters: the memory's, then the dense. */
export interface SequenceNetwork extends Network {
  /** S, as of the recurrent network. */
  readonly stateDim: number;
  /**
   * Says what the rows of every `forward` from here on are. At first each row is a sequence of its own. `starts` must
   * not change between `forward` and `backward`.
   */
  readAs(sequences: Sequences): void;
  /**
   * One step of `batch` sequences, for acting; not to be called between `forward` and `backward`.
   * @param inputs [B, I]
   * @param states [B, S], before the step; overwritten with the states after it
   * @returns [B, O], a view: with the kernels' backend `wasm`, the bits that `forward` gives for the same rows
   */
  step(inputs: Float32Array, states: Float32Array, batch: number): Float32Array;
}

export function createSequenceNetwork(kernels: Kernels, options: SequenceNetworkOptions): SequenceNetwork {
  const { cell, memory } = options;
  const layer = mlpLayer({ ...options.dense, inputDim: memory.hiddenDim });
  const numRecurrent = numRecurrentParameters(memory, cell === 'lstm' ? 4 : 3);
  const block = allocateBlock(kernels, numRecurrent + layer.numParameters);
  const create = cell === 'lstm' ? createLstm : createGru;
  const recurrent = create(kernels, memory, sliceBlock(block, 0, numRecurrent));
  const dense = layer.create(kernels, sliceBlock(block, numRecurrent, layer.numParameters));
  let sequences: Sequences = { numSteps: 1, initialStates: undefined, starts: undefined };
  return {
    ...block,
    inputDim: recurrent.inputDim,
    outputDim: dense.outputDim,
    stateDim: recurrent.stateDim,

    readAs(given) {
      sequences = given;
    },

    step: (inputs, states, batch) => dense.forward(recurrent.step(inputs, states, batch), batch),

    forward(inputs, numRows) {
      const { numSteps, initialStates, starts } = sequences;
      const hiddens = recurrent.forward(inputs, initialStates, starts, numSteps, numRows / numSteps);
      return dense.forward(hiddens, numRows);
    },

    backward(outputGradients) {
      dense.backward(outputGradients);
      recurrent.backward(dense.inputGradients());
    },

    inputGradients: () => recurrent.inputGradients(),

    describe() {
      const steps = dense.describe?.();
      return steps && [{ kind: 'memory', ...recurrentStep(cell, recurrent) }, ...steps];
    },
  };
}
