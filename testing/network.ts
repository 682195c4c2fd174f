/** What every network must do, by the contract of networks/network.ts. */
import { createRng } from '../core/rng.ts';
import type { Network } from '../networks/network.ts';
import { type Check, requireSame, requireThat, runChecks } from './check.ts';

/**
 * Says what a network breaks of the contract: shapes, the same bits again and whatever the other rows are, inputs left alone,
 * gradients that add up, and gradients that finite differences give.
 * @param create makes the network with the same parameters every time; small (a few hundred parameters) is best
 * @throws ConfigError `broken-contract` with every problem
 * @example
 * checkNetwork('my network', () => myNetwork(createKernels(), { inputDim: 3, outputDim: 2, rng: createRng(1) }));
 */
export function checkNetwork(name: string, create: () => Network): void {
  runChecks(`network "${name}"`, networkChecks(create));
}

/** The same, rule by rule. */
export function networkChecks(create: () => Network): Check[] {
  return [
    {
      name: 'has one gradient per parameter, zero at first, and outputs of its shape',
      run() {
        const network = create();
        const { parameters, gradients, inputDim, outputDim } = network;
        requireThat(
          gradients.length === parameters.length,
          `${gradients.length} gradients for ${parameters.length} parameters`,
        );
        requireThat(
          gradients.every((gradient) => gradient === 0),
          'the gradients are not zero at first',
        );
        requireThat(parameters.every(Number.isFinite), 'a parameter is not finite');
        for (const batch of [1, 3, 8, 2]) {
          const outputs = network.forward(gaussians('shape', batch * inputDim), batch);
          requireThat(
            outputs.length === batch * outputDim,
            `${outputs.length} outputs for ${batch} rows of ${outputDim}`,
          );
          requireThat(outputs.every(Number.isFinite), 'an output is not finite');
          network.backward(gaussians('shape gradient', outputs.length));
          const { length } = network.inputGradients();
          requireThat(
            length === batch * inputDim,
            `${length} input gradients for ${batch} rows of ${inputDim}`,
          );
        }
      },
    },
    {
      name: 'gives the same bits when made and run again',
      run() {
        const [first, second] = [create(), create()].map((network) => {
          const outputs = network.forward(gaussians('again', 5 * network.inputDim), 5).slice();
          network.backward(gaussians('again gradient', outputs.length));
          return { outputs, gradients: network.gradients.slice(), inputs: network.inputGradients().slice() };
        });
        requireSame(second.outputs, first.outputs, 'output');
        requireSame(second.gradients, first.gradients, 'gradient');
        requireSame(second.inputs, first.inputs, 'input gradient');
      },
    },
    {
      name: 'computes a row to the same bits whatever the other rows are',
      run() {
        const network = create();
        const { inputDim, outputDim } = network;
        for (const batch of [2, 3, 7, 16, 65]) {
          const inputs = gaussians(`rows ${batch}`, batch * inputDim);
          const together = network.forward(inputs, batch).slice();
          for (let b = 0; b < batch; b++) {
            const alone = network.forward(inputs.slice(b * inputDim, (b + 1) * inputDim), 1).slice();
            requireSame(
              alone,
              together.slice(b * outputDim, (b + 1) * outputDim),
              `row ${b} of ${batch}, output`,
            );
          }
        }
      },
    },
    {
      name: 'leaves its inputs and output gradients unchanged',
      run() {
        const network = create();
        const inputs = gaussians('unchanged', 4 * network.inputDim);
        const outputGradients = gaussians('unchanged gradient', 4 * network.outputDim);
        network.forward(inputs, 4);
        network.backward(outputGradients);
        requireSame(inputs, gaussians('unchanged', inputs.length), 'input');
        requireSame(
          outputGradients,
          gaussians('unchanged gradient', outputGradients.length),
          'output gradient',
        );
      },
    },
    {
      name: 'adds to the gradients that are there',
      run() {
        const network = create();
        const inputs = gaussians('accumulate', 6 * network.inputDim);
        const outputGradients = gaussians('accumulate gradient', 6 * network.outputDim);
        network.forward(inputs, 6);
        network.backward(outputGradients);
        const once = network.gradients.slice();
        network.backward(outputGradients);
        for (let p = 0; p < once.length; p++) {
          const twice = network.gradients[p];
          requireThat(
            Math.abs(twice - 2 * once[p]) < 5e-4,
            () => `gradient ${p} is ${once[p]} after one backward, ${twice} after two`,
          );
        }
        requireThat(
          once.some((gradient) => gradient !== 0),
          'every gradient is zero',
        );
      },
    },
    {
      name: 'gives input gradients by themselves, where it offers that, to the bit and without parameter gradients',
      run() {
        const network = create();
        if (network.inputGradientsOf === undefined) return;
        const inputs = gaussians('alone', 6 * network.inputDim);
        const outputGradients = gaussians('alone gradient', 6 * network.outputDim);
        network.forward(inputs, 6);
        network.backward(outputGradients);
        const expected = network.inputGradients().slice();
        const parameterGradients = network.gradients.slice();
        requireSame(network.inputGradientsOf(outputGradients).slice(), expected, 'input gradient');
        requireSame(network.gradients.slice(), parameterGradients, 'gradient');
      },
    },
    { name: 'has the gradients that finite differences give', run: () => compareWithDifferences(create()) },
  ];
}

function compareWithDifferences(network: Network): void {
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
  const step = 1 / 256;
  const compare = (numbers: Float32Array, gradients: Float32Array, label: string) => {
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
      requireThat(
        Math.abs(gradients[i] - slope) < tolerance,
        () => `the gradient of ${label} ${i} is ${gradients[i]}, differences give ${slope}`,
      );
    }
  };
  compare(network.parameters, parameterGradients, 'parameter');
  compare(inputs, inputGradients, 'input');
}

function gaussians(seed: string, length: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => rng.gaussian());
}
