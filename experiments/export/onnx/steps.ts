/** Writes a network's steps as nodes of an ONNX graph. */
import type { NetworkStep, RecurrentStep } from '../../../networks/steps.ts';
import { DOUBLE, FLOAT, type OnnxGraph } from './graph.ts';

/** Stands for the last column, however many there are. */
const LAST = 0x7fff_ffff;

type Activation = Extract<NetworkStep, { kind: 'activation' }>['activation'];

/** The state of a memory before a step, and after it. */
export interface MemoryState {
  /** [B, S], an input. */
  readonly before: string;
  /** [B, S], set once the memory is written. */
  after?: string;
}

/** Numbers of state that the steps carry from row to row; 0 without a memory. */
export function stateDimOf(steps: readonly NetworkStep[]): number {
  const memory = steps.find((step) => step.kind === 'memory');
  return memory === undefined ? 0 : memory.hiddenDim * (memory.cell === 'lstm' ? 2 : 1);
}

/** @returns the name of what comes out of them */
export function addSteps(
  graph: OnnxGraph,
  x: string,
  steps: readonly NetworkStep[],
  memory?: MemoryState,
): string {
  return steps.reduce((value, step) => addStep(graph, value, step, memory), x);
}

function addStep(graph: OnnxGraph, x: string, step: NetworkStep, memory: MemoryState | undefined): string {
  switch (step.kind) {
    case 'dense': {
      const { weights, bias, activation } = step;
      const matrix = graph.constant(weights, [weights.length / bias.length, bias.length]);
      return activate(
        graph,
        graph.node('Gemm', [x, matrix, graph.constant(bias, [bias.length])]),
        activation,
      );
    }
    case 'layer-norm': {
      const dim = [step.gain.length];
      const inputs = [x, graph.constant(step.gain, dim), graph.constant(step.bias, dim)];
      return graph.node('LayerNormalization', inputs, { axis: -1n, epsilon: step.epsilon });
    }
    case 'activation':
      return activate(graph, x, step.activation);
    case 'conv1d':
      return convolve(graph, x, step);
    case 'recurrent-window': {
      const { window, inputDim, hiddenDim } = step;
      const rows = graph.node('Reshape', [x, graph.integers(-1, window, inputDim)]);
      const steps = graph.node('Transpose', [rows], { perm: [1n, 0n, 2n] });
      const [hidden] = recur(graph, steps, step, []);
      return graph.node('Reshape', [hidden, graph.integers(-1, hiddenDim)]);
    }
    case 'memory':
      return remember(graph, x, step, memory as MemoryState);
    case 'columns':
      return columns(graph, x, step.from, step.to);
    case 'branches':
      return graph.node(
        'Concat',
        step.branches.map((branch) => addSteps(graph, x, branch)),
        { axis: 1n },
      );
    case 'dueling': {
      const advantages = columns(graph, x, 1, LAST);
      const mean = graph.node('ReduceMean', [advantages], { axes: [1n], keepdims: 1n });
      const base = graph.node('Sub', [columns(graph, x, 0, 1), mean]);
      return graph.node('Add', [base, advantages]);
    }
    case 'clip':
      return graph.node('Clip', [x, graph.floats([step.low], []), graph.floats([step.high], [])]);
    case 'normalize': {
      // Prices differ from their mean in the last digits of f32.
      const dim = [step.mean.length];
      const wide = graph.node('Cast', [x], { to: BigInt(DOUBLE) });
      const centred = graph.node('Sub', [wide, graph.constant(step.mean, dim)]);
      const scaled = graph.node('Mul', [centred, graph.constant(step.scale, dim)]);
      const [low, high] = [-step.bound, step.bound].map((bound) =>
        graph.constant(Float64Array.of(bound), []),
      );
      return graph.node('Cast', [graph.node('Clip', [scaled, low, high])], { to: BigInt(FLOAT) });
    }
  }
}

function activate(graph: OnnxGraph, x: string, activation: Activation): string {
  if (activation === 'identity') return x;
  return graph.node(activation === 'tanh' ? 'Tanh' : 'Relu', [x]);
}

export function columns(graph: OnnxGraph, x: string, from: number, to: number): string {
  return graph.node('Slice', [x, graph.integers(from), graph.integers(to), graph.integers(1)]);
}

function convolve(graph: OnnxGraph, x: string, step: Extract<NetworkStep, { kind: 'conv1d' }>): string {
  const { weights, bias, window, features, channels, kernelSize, stride, dilation, activation } = step;
  const turned = new Float32Array(weights.length);
  for (let k = 0; k < kernelSize; k++) {
    for (let f = 0; f < features; f++) {
      for (let c = 0; c < channels; c++) {
        turned[(c * features + f) * kernelSize + k] = weights[(k * features + f) * channels + c];
      }
    }
  }
  const rows = graph.node('Reshape', [x, graph.integers(-1, window, features)]);
  const channelsFirst = graph.node('Transpose', [rows], { perm: [0n, 2n, 1n] });
  const inputs = [
    channelsFirst,
    graph.constant(turned, [channels, features, kernelSize]),
    graph.constant(bias, [channels]),
  ];
  const convolved = graph.node('Conv', inputs, { strides: [BigInt(stride)], dilations: [BigInt(dilation)] });
  const back = graph.node('Transpose', [activate(graph, convolved, activation)], { perm: [0n, 2n, 1n] });
  const numPatches = Math.floor((window - dilation * (kernelSize - 1) - 1) / stride) + 1;
  return graph.node('Reshape', [back, graph.integers(-1, numPatches * channels)]);
}

/** Where ONNX's gates (i, o, f, c of an LSTM, z, r, h of a GRU) stand among ours. */
const GATES = { lstm: [0, 3, 1, 2], gru: [1, 0, 2] } as const;

/**
 * @param x [T, B, I]
 * @param states each [1, B, H]; none: zeros
 * @returns the states after the last step, each [1, B, H]
 */
function recur(graph: OnnxGraph, x: string, step: RecurrentStep, states: readonly string[]): string[] {
  const { cell, input, recurrent, biases, inputDim, hiddenDim: H } = step;
  const gates = GATES[cell];
  const turn = (matrix: Float32Array, numRows: number): string => {
    const turned = new Float32Array(matrix.length);
    gates.forEach((ours, gate) => {
      for (let row = 0; row < numRows; row++) {
        for (let unit = 0; unit < H; unit++) {
          turned[(gate * H + unit) * numRows + row] = matrix[(row * gates.length + ours) * H + unit];
        }
      }
    });
    return graph.constant(turned, [1, gates.length * H, numRows]);
  };
  const bias = new Float32Array(2 * gates.length * H);
  gates.forEach((ours, gate) => {
    bias.set(biases.subarray(ours * H, (ours + 1) * H), gate * H);
  });
  if (cell === 'gru') bias.set(biases.subarray(3 * H), (gates.length + 2) * H);
  const inputs = [
    x,
    turn(input, inputDim),
    turn(recurrent, H),
    graph.constant(bias, [1, bias.length]),
    ...(states.length > 0 ? ['', ...states] : []),
  ];
  const name = graph.unused();
  const outputs = cell === 'lstm' ? ['', `${name}h`, `${name}c`] : ['', `${name}h`];
  const attributes = { hidden_size: BigInt(H), ...(cell === 'gru' && { linear_before_reset: 1n }) };
  graph.node(cell === 'lstm' ? 'LSTM' : 'GRU', inputs, attributes, { outputs });
  return outputs.slice(1);
}

function remember(graph: OnnxGraph, x: string, step: RecurrentStep, memory: MemoryState): string {
  const { cell, inputDim, hiddenDim } = step;
  const row = graph.node('Reshape', [x, graph.integers(1, -1, inputDim)]);
  const parts = cell === 'lstm' ? 2 : 1;
  const before = Array.from({ length: parts }, (_, i) => {
    const part = columns(graph, memory.before, i * hiddenDim, (i + 1) * hiddenDim);
    return graph.node('Reshape', [part, graph.integers(1, -1, hiddenDim)]);
  });
  const after = recur(graph, row, step, before).map((state) =>
    graph.node('Reshape', [state, graph.integers(-1, hiddenDim)]),
  );
  memory.after = after.length === 1 ? after[0] : graph.node('Concat', after, { axis: 1n });
  return after[0];
}
