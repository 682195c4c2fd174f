import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { createSequenceNetwork, type SequenceNetwork } from '../../../networks/layers/sequence-network.ts';
import { testNetwork } from '../../../testing/suites.ts';

const cells = ['lstm', 'gru'] as const;

function create(cell: 'lstm' | 'gru', hidden: number[] = [4]): SequenceNetwork {
  const rng = createRng(cell);
  return createSequenceNetwork(createKernels(), {
    cell,
    memory: { inputDim: 3, hiddenDim: 5, init: 'uniform', rng },
    dense: { hidden, activation: 'tanh', outputDim: 2, outputScale: 1, init: 'orthogonal', rng },
  });
}

describe.each(cells)('%s', (cell) => {
  testNetwork(`a ${cell} below dense layers, one step a sequence`, () => create(cell));
  testNetwork(`a ${cell} below a linear map`, () => create(cell, []));

  test('steps give the bits of whole sequences, whose starts forget what was before', () => {
    const network = create(cell);
    const rng = createRng('steps');
    const [numSteps, batch] = [7, 3];
    const { inputDim, outputDim, stateDim } = network;
    const inputs = Float32Array.from({ length: numSteps * batch * inputDim }, () => rng.gaussian());
    const initialStates = Float32Array.from({ length: batch * stateDim }, () => rng.gaussian());
    const starts = Uint8Array.from({ length: numSteps * batch }, () => (rng.integer(4) === 0 ? 1 : 0));
    expect(starts.indexOf(1, batch)).toBeGreaterThan(0);
    network.readAs({ numSteps, initialStates, starts });
    const whole = network.forward(inputs, numSteps * batch).slice();
    const states = initialStates.slice();
    for (let t = 0; t < numSteps; t++) {
      for (let b = 0; b < batch; b++) {
        if (starts[t * batch + b] === 1) states.fill(0, b * stateDim, (b + 1) * stateDim);
      }
      const rows = inputs.slice(t * batch * inputDim, (t + 1) * batch * inputDim);
      const expected = whole.slice(t * batch * outputDim, (t + 1) * batch * outputDim);
      expect(network.step(rows, states, batch).slice()).toEqual(expected);
    }
  });
});
