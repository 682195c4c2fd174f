/** What every network must do: one call tests an implementation. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import type { Network } from '../../networks/network.ts';

/** @param create makes the network with the same parameters every time; small (a few hundred parameters) is best */
export function testNetwork(name: string, create: () => Network): void {
  describe(`${name} as a network`, () => {
    test('has one gradient per parameter, zero at first, and outputs of its shape', () => {
      const network = create();
      expect(network.gradients.length).toBe(network.parameters.length);
      expect(network.gradients.every((gradient) => gradient === 0)).toBe(true);
      expect(network.parameters.every(Number.isFinite)).toBe(true);
      for (const batch of [1, 3, 8, 2]) {
        const outputs = network.forward(gaussians('shape', batch * network.inputDim), batch);
        expect(outputs.length).toBe(batch * network.outputDim);
        expect(outputs.every(Number.isFinite)).toBe(true);
        network.backward(gaussians('shape gradient', outputs.length));
        expect(network.inputGradients().length).toBe(batch * network.inputDim);
      }
    });

    test('gives the same bits when made and run again', () => {
      const runs = [create(), create()].map((network) => {
        const outputs = network.forward(gaussians('again', 5 * network.inputDim), 5).slice();
        network.backward(gaussians('again gradient', outputs.length));
        return { outputs, gradients: network.gradients.slice(), inputs: network.inputGradients().slice() };
      });
      expect(runs[1]).toEqual(runs[0]);
    });

    test('computes a row to the same bits whatever the other rows are', () => {
      const network = create();
      const { inputDim, outputDim } = network;
      for (const batch of [2, 3, 7, 16, 65]) {
        const inputs = gaussians(`rows ${batch}`, batch * inputDim);
        const together = network.forward(inputs, batch).slice();
        for (let b = 0; b < batch; b++) {
          const alone = network.forward(inputs.slice(b * inputDim, (b + 1) * inputDim), 1);
          expect(alone).toEqual(together.slice(b * outputDim, (b + 1) * outputDim));
        }
      }
    });

    test('leaves its inputs and output gradients unchanged', () => {
      const network = create();
      const inputs = gaussians('unchanged', 4 * network.inputDim);
      const outputGradients = gaussians('unchanged gradient', 4 * network.outputDim);
      network.forward(inputs, 4);
      network.backward(outputGradients);
      expect(inputs).toEqual(gaussians('unchanged', 4 * network.inputDim));
      expect(outputGradients).toEqual(gaussians('unchanged gradient', 4 * network.outputDim));
    });

    test('adds to the gradients that are there', () => {
      const network = create();
      const inputs = gaussians('accumulate', 6 * network.inputDim);
      const outputGradients = gaussians('accumulate gradient', 6 * network.outputDim);
      network.forward(inputs, 6);
      network.backward(outputGradients);
      const once = network.gradients.slice();
      network.backward(outputGradients);
      for (let p = 0; p < once.length; p++) expect(network.gradients[p]).toBeCloseTo(2 * once[p], 3);
      expect(once.some((gradient) => gradient !== 0)).toBe(true);
    });

    test('gives input gradients by themselves, where it offers that, to the bit and without parameter gradients', () => {
      const network = create();
      if (network.inputGradientsOf === undefined) return;
      const inputs = gaussians('alone', 6 * network.inputDim);
      const outputGradients = gaussians('alone gradient', 6 * network.outputDim);
      network.forward(inputs, 6);
      network.backward(outputGradients);
      const expected = network.inputGradients().slice();
      const parameterGradients = network.gradients.slice();
      expect(network.inputGradientsOf(outputGradients)).toEqual(expected);
      expect(network.gradients).toEqual(parameterGradients);
    });

    test('has the gradients that finite differences give', () => {
      const network = create();
      const batch = 5;
      const inputs = gaussians('differences', batch * network.inputDim);
      const outputGradients = gaussians('differences gradient', batch * network.outputDim);
      network.forward(inputs, batch);
      network.backward(outputGradients);
      const parameterGradients = network.gradients.slice();
      const inputGradients = network.inputGradients().slice();

      const loss = () => {
        const outputs = network.forward(inputs, batch);
        let sum = 0;
        for (let i = 0; i < outputs.length; i++) sum += outputs[i] * outputGradients[i];
        return sum;
      };
      const step = 2 ** -8;
      const check = (numbers: Float32Array, gradients: Float32Array, label: string) => {
        const stride = Math.max(1, Math.floor(numbers.length / 200));
        for (let i = 0; i < numbers.length; i += stride) {
          const held = numbers[i];
          numbers[i] = held + step;
          const upper = loss();
          const distance = numbers[i];
          numbers[i] = held - step;
          const lower = loss();
          const slope = (upper - lower) / (distance - numbers[i]);
          numbers[i] = held;
          // Float32 outputs: their rounding is divided by the small step.
          const tolerance = 2e-3 + 1e-2 * Math.abs(slope);
          expect(Math.abs(gradients[i] - slope), `${label} ${i}: ${gradients[i]}, ${slope}`).toBeLessThan(
            tolerance,
          );
        }
      };
      check(network.parameters, parameterGradients, 'parameter');
      check(inputs, inputGradients, 'input');
    });
  });
}

function gaussians(seed: string, length: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => rng.gaussian());
}
